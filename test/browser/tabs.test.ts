import type { BrowserContext } from 'playwright-core'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { chromiumOfTests, describeChromium } from '../helpers/chromium.ts'
import { pageOfTests } from '../helpers/serve.ts'
import { type AppTab, openApp } from './open-app.ts'

describeChromium('two tabs', () => {
  const chromium = chromiumOfTests({ args: ['--host-resolver-rules=MAP plain.test 127.0.0.1'] })
  const served = pageOfTests('test/browser/pages/app-page.ts')
  // An incognito context is a storage of its own, which goes with it.
  let context: BrowserContext | undefined
  beforeEach(async () => {
    context = await chromium().browser.newContext()
  })
  afterEach(async () => await context?.close())
  const tab = async (): Promise<AppTab> => await openApp(context!, served().url)

  it('the first writes, the second is LOCKED, and may read beside it', async () => {
    const [first, second] = [await tab(), await tab()]
    expect(await first.call('open')).toEqual({ value: true })
    expect(await first.call('exclusive')).toBe(true)
    await first.call('save', 1)

    expect(await second.call('open')).toEqual({ code: 'LOCKED' })
    expect(await second.call('open', { readOnly: true })).toEqual({ value: true })
    expect(await second.call('exclusive')).toBe(false)
    expect(await second.call('load')).toEqual({ value: 1 })
    await first.call('save', 2)
    expect(await second.call('load')).toEqual({ value: 2 })
    expect(await second.call('save', 3)).toEqual({ code: 'READ_ONLY' })
    expect(await first.call('load')).toEqual({ value: 2 })
  })

  it.each(['is closed', 'crashes', 'is reloaded', 'closes its store'])(
    'the second takes over when the first %s',
    async end => {
      const [first, second] = [await tab(), await tab()]
      await first.call('open')
      await first.call('save', 1)
      const opening = second.call('open', { waitForLock: true })
      expect(await second.call('open')).toEqual({ code: 'LOCKED' })
      if (end === 'is closed') await first.page.close()
      if (end === 'is reloaded') await first.page.reload()
      if (end === 'closes its store') await first.call('close')
      if (end === 'crashes') {
        const session = await context!.newCDPSession(first.page)
        // It gets no answer.
        session.send('Page.crash').catch(() => undefined)
      }
      expect(await opening).toEqual({ value: true })
      expect(await second.call('exclusive')).toBe(true)
      expect(await second.call('load')).toEqual({ value: 1 })
      expect(await second.call('save', 2)).toEqual({ value: 2 })
    },
  )

  it('a wait for the lock ends by its signal, and takes nothing afterwards', async () => {
    const [first, second] = [await tab(), await tab()]
    await first.call('open')
    expect(await second.call('open', { waitForLock: true, abortAfterMs: 50 })).toEqual({ code: 'ABORTED' })
    await first.call('close')
    expect(await first.call('open')).toEqual({ value: true })
  })

  it('a tab that is reloaded gets its own lock again', async () => {
    const only = await tab()
    for (let number = 1; number <= 10; number++) {
      expect(await only.call('open')).toEqual({ value: true })
      await only.call('save', number)
      await only.page.reload()
      await only.page.waitForFunction(() => 'app' in globalThis)
    }
    await only.call('open')
    expect(await only.call('load')).toEqual({ value: 10 })
  })

  it('whoever lost the lock writes no more', async () => {
    const [first, second] = [await tab(), await tab()]
    await first.call('open')
    await first.call('save', 1)
    await second.call('steal')
    await expect.poll(() => first.call('exclusive')).toBe(false)
    expect(await first.call('save', 2)).toEqual({ code: 'LOCKED' })
    expect(await first.call('load')).toEqual({ value: 1 })
  })

  it('without the lock both write, and each load is whole', async () => {
    const tabs = [await tab(), await tab()]
    for (const each of tabs) expect(await each.call('open', { lock: false })).toEqual({ value: true })
    for (let number = 0; number < 10; number++) {
      await Promise.all(tabs.map((each, i) => each.call('save', number * 2 + i)))
      for (const each of tabs) {
        const found = await each.call('load')
        expect([{ value: number * 2 }, { value: number * 2 + 1 }]).toContainEqual(found)
      }
    }
  })

  it('a page of plain http has no locks, and writes without', async () => {
    const url = served().url.replace('127.0.0.1', 'plain.test')
    const [first, second] = [await openApp(context!, url), await openApp(context!, url)]
    expect(await first.page.evaluate(() => globalThis.isSecureContext)).toBe(false)
    for (const each of [first, second]) expect(await each.call('open')).toEqual({ value: true })
    expect(await first.call('exclusive')).toBe(false)
    expect(await first.call('save', 1)).toEqual({ value: 1 })
    expect(await second.call('load')).toEqual({ value: 1 })
  })
})
