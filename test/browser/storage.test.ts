import type { CDPSession } from 'playwright-core'
import { expect, it } from 'vitest'
import { chromiumOfTests, describeChromium } from '../helpers/chromium.ts'
import { pageOfTests } from '../helpers/serve.ts'
import { type AppTab, openApp } from './open-app.ts'

describeChromium('the storage of a page', () => {
  const chromium = chromiumOfTests()
  const served = pageOfTests('test/browser/pages/app-page.ts')
  const openFresh = async (): Promise<{ tab: AppTab; session: CDPSession; close: () => Promise<void> }> => {
    const context = await chromium().browser.newContext()
    const tab = await openApp(context, served().url)
    const session = await context.newCDPSession(tab.page)
    await tab.call('open')
    return { tab, session, close: async () => await context.close() }
  }
  const clear = async (session: CDPSession): Promise<void> =>
    void (await session.send('Storage.clearDataForOrigin', { origin: served().url, storageTypes: 'indexeddb' }))

  it('works incognito, and ends with the context', async () => {
    const { tab, close } = await openFresh()
    expect(await tab.call('save', 1)).toEqual({ value: 1 })
    expect(await tab.call('load')).toEqual({ value: 1 })
    await close()
    const next = await openFresh()
    expect(await next.tab.call('load')).toEqual({ value: undefined })
    await next.close()
  })

  it('keeps the old state when the quota is exceeded, says STORE_FULL, and goes on when there is room', async () => {
    const { tab, session, close } = await openFresh()
    // Before the first write: the browser looks at the quota now and then only.
    await session.send('Storage.overrideQuotaForOrigin', { origin: served().url, quotaSize: 400_000 })
    expect(await tab.call('save', 1)).toEqual({ value: 1 })
    expect(await tab.call('save', 2, 10_000)).toEqual({ code: 'STORE_FULL' })
    expect(await tab.call('load')).toEqual({ value: 1 })
    await session.send('Storage.overrideQuotaForOrigin', { origin: served().url })
    expect(await tab.call('save', 3, 10_000)).toEqual({ value: 3 })
    expect(await tab.call('load')).toEqual({ value: 3 })
    await close()
  })

  it('is empty after an eviction, without an error, and is written again whole', async () => {
    const { tab, session, close } = await openFresh()
    await tab.call('save', 1)
    await clear(session)
    expect(await tab.call('load')).toEqual({ value: undefined })
    // Data that may be removed by others is not trusted any more.
    expect(await tab.call('exclusive')).toBe(false)
    expect(await tab.call('save', 1)).toEqual({ value: 1 })
    await tab.page.reload()
    await tab.page.waitForFunction(() => 'app' in globalThis)
    await tab.call('open')
    expect(await tab.call('load')).toEqual({ value: 1 })
    await close()
  })

  it('fails by typed errors only while it is evicted, and loads nothing that is not whole', async () => {
    const { tab, session, close } = await openFresh()
    for (let round = 0; round < 4; round++) {
      const saves = Array.from({ length: 5 }, (_, i) => tab.call('save', round * 10 + i, 200))
      await clear(session)
      for (const result of await Promise.all(saves)) expect(Object.keys(result)[0]).toMatch(/^(?:value|code)$/)
      const found = await tab.call('load')
      expect(found).toHaveProperty('value')
      expect(found).not.toEqual({ value: -1 })
      expect(await tab.call('save', 1_000 + round)).toEqual({ value: 1_000 + round })
      expect(await tab.call('load')).toEqual({ value: 1_000 + round })
    }
    await close()
  })

  it('ends every write that it is evicted in', async () => {
    const { tab, session, close } = await openFresh()
    for (let round = 0; round < 10; round++) {
      const writes = tab.call('storeMany')
      await clear(session)
      for (const result of await writes) expect(Object.keys(result)[0]).toMatch(/^(?:value|code)$/)
      expect(await tab.call('save', round)).toEqual({ value: round })
    }
    await close()
  })

  it('leaves no connection behind that keeps others waiting, however many calls find it evicted', async () => {
    const { tab, session, close } = await openFresh()
    const removed: string[] = []
    for (let round = 0; round < 5; round++) {
      expect(await tab.call('save', round)).toEqual({ value: round })
      const loads = Array.from({ length: 20 }, () => tab.call('load'))
      await clear(session)
      await Promise.all(loads)
      removed.push(
        await tab.page.evaluate(
          () =>
            new Promise<string>(resolve => {
              const request = indexedDB.deleteDatabase('level-js-app')
              request.onblocked = () => resolve('blocked')
              request.onsuccess = () => resolve('removed')
            }),
        ),
      )
    }
    expect(removed).toEqual(Array.from({ length: 5 }, () => 'removed'))
    await close()
  })

  it('keeps of a view only the bytes it shows', async () => {
    const { tab, close } = await openFresh()
    expect(await tab.call('bytesOfView')).toBe(10)
    await close()
  })

  it('is flushed unless told otherwise', async () => {
    const { tab, close } = await openFresh()
    expect(await tab.call('durability')).toBe('power')
    await tab.call('close')
    await tab.call('open', { durability: 'process' })
    expect(await tab.call('durability')).toBe('process')
    await close()
  })
})
