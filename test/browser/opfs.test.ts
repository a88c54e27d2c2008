import type { BrowserContext, CDPSession } from 'playwright-core'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { chromiumOfTests, describeChromium } from '../helpers/chromium.ts'
import { pageOfTests } from '../helpers/serve.ts'
import { type AppTab, openApp } from './open-app.ts'

// What the page has as globals.
declare const openOnPage: () => Promise<string>
declare const endWorker: () => void

describeChromium('a store in origin-private files', () => {
  const chromium = chromiumOfTests({ args: ['--host-resolver-rules=MAP plain.test 127.0.0.1'] })
  const served = pageOfTests('test/browser/pages/opfs-app-page.ts', ['test/browser/pages/opfs-app-worker.ts'])
  // An incognito context is a storage of its own, which goes with it.
  let context: BrowserContext | undefined
  beforeEach(async () => {
    context = await chromium().browser.newContext()
  })
  afterEach(async () => await context?.close())
  const openTab = async (): Promise<AppTab> => await openApp(context!, served().url)
  const sessionOf = async (tab: AppTab): Promise<CDPSession> => await context!.newCDPSession(tab.page)
  const clear = async (session: CDPSession): Promise<void> =>
    void (await session.send('Storage.clearDataForOrigin', { origin: served().url, storageTypes: 'all' }))

  it('is for workers: a page is told so', async () => {
    const tab = await openTab()
    expect(await tab.page.evaluate(() => openOnPage())).toBe('UNAVAILABLE')
    expect(await tab.call('open')).toEqual({ value: true })
  })

  it('is not there on a page of plain http', async () => {
    const tab = await openApp(context!, served().url.replace('127.0.0.1', 'plain.test'))
    expect(await tab.call('open')).toEqual({ code: 'UNAVAILABLE' })
  })

  it('is open in one worker of all tabs', async () => {
    const [first, second] = [await openTab(), await openTab()]
    expect(await first.call('open')).toEqual({ value: true })
    expect(await first.call('exclusive')).toBe(true)
    expect(await first.call('durability')).toBe('power')
    expect(await second.call('open')).toEqual({ code: 'LOCKED' })
    expect(await second.call('open', { waitForLock: true, abortAfterMs: 50 })).toEqual({ code: 'ABORTED' })
    await first.call('save', 1)
    expect(await first.call('load')).toEqual({ value: 1 })
  })

  it.each(['is closed', 'crashes', 'is reloaded', 'closes its store', 'ends its worker'])(
    'is taken over by the second tab when the first %s',
    async end => {
      const [first, second] = [await openTab(), await openTab()]
      await first.call('open')
      await first.call('save', 1)
      const opening = second.call('open', { waitForLock: true })
      if (end === 'is closed') await first.page.close()
      if (end === 'is reloaded') await first.page.reload()
      if (end === 'closes its store') await first.call('close')
      if (end === 'ends its worker') await first.page.evaluate(() => endWorker())
      // It gets no answer.
      if (end === 'crashes') (await sessionOf(first)).send('Page.crash').catch(() => undefined)
      expect(await opening).toEqual({ value: true })
      expect(await second.call('exclusive')).toBe(true)
      expect(await second.call('load')).toEqual({ value: 1 })
      expect(await second.call('save', 2)).toEqual({ value: 2 })
    },
  )

  it('is written no more by who lost the lock', async () => {
    const [first, second] = [await openTab(), await openTab()]
    await first.call('open')
    await first.call('save', 1)
    await second.call('steal')
    await expect.poll(() => first.call('exclusive')).toBe(false)
    expect(await first.call('save', 2)).toEqual({ code: 'LOCKED' })
    expect(await first.call('load')).toEqual({ value: 1 })
  })

  it('keeps the old state when the quota is exceeded, says STORE_FULL, and goes on when there is room', async () => {
    // Not incognito, where files are in memory and are not counted.
    const { context: lasting } = chromium()
    const tab = await openApp(lasting, served().url)
    const session = await lasting.newCDPSession(tab.page)
    // Before the first write: the browser looks at the quota now and then only.
    await session.send('Storage.overrideQuotaForOrigin', { origin: served().url, quotaSize: 1_500_000 })
    await tab.call('open')
    expect(await tab.call('save', 1)).toEqual({ value: 1 })
    expect(await tab.call('save', 2, 10_000)).toEqual({ code: 'STORE_FULL' })
    expect(await tab.call('load')).toEqual({ value: 1 })
    await session.send('Storage.overrideQuotaForOrigin', { origin: served().url })
    expect(await tab.call('save', 3, 10_000)).toEqual({ value: 3 })
    expect(await tab.call('load')).toEqual({ value: 3 })
  })

  it('is empty after an eviction, and is written again whole', async () => {
    const tab = await openTab()
    const session = await sessionOf(tab)
    await tab.call('open')
    await tab.call('save', 1)
    await clear(session)
    // What was open may be read on, and no write is said to be done that went into it.
    expect(await tab.call('save', 2)).toEqual({ code: 'IO' })
    expect(await tab.call('exclusive')).toBe(false)
    expect(await tab.call('load')).toEqual({ value: undefined })
    expect(await tab.call('save', 3)).toEqual({ value: 3 })
    expect(await tab.call('load')).toEqual({ value: 3 })
    await tab.page.reload()
    await tab.page.waitForFunction(() => 'app' in globalThis)
    await tab.call('open', { waitForLock: true })
    expect(await tab.call('load')).toEqual({ value: 3 })
  })

  it('fails by typed errors only while it is evicted, and loads nothing that is not whole', async () => {
    const tab = await openTab()
    const session = await sessionOf(tab)
    await tab.call('open')
    for (let round = 0; round < 4; round++) {
      const saves = Array.from({ length: 5 }, (_, i) => tab.call('save', round * 10 + i, 200))
      await clear(session)
      for (const result of await Promise.all(saves)) expect(Object.keys(result)[0]).toMatch(/^(?:value|code)$/)
      expect(await tab.call('load')).not.toEqual({ value: -1 })
      await expect.poll(() => tab.call('save', 1_000 + round)).toEqual({ value: 1_000 + round })
      expect(await tab.call('load')).toEqual({ value: 1_000 + round })
    }
  })
})
