import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { type Chromium, describeChromium, openChromium } from '../helpers/chromium.ts'
import { pageOfTests } from '../helpers/serve.ts'
import { runs } from '../snapshot/runs.ts'
import { type AppTab, openApp } from './open-app.ts'

// COLDSNAP_RUNS=5 kills a hundred times.
describeKills('killed while it stores', runs(20), 'test/browser/pages/app-page.ts')
// COLDSNAP_RUNS=10 kills a hundred times.
describeKills('killed while it stores in origin-private files', runs(10), 'test/browser/pages/opfs-app-page.ts', [
  'test/browser/pages/opfs-app-worker.ts',
])

/** Kills page and browser `kills` times each. */
function describeKills(name: string, kills: number, module: string, workers?: readonly string[]): void {
  describeChromium(name, () => {
    const boundMs = kills * 60_000
    const served = pageOfTests(module, workers)
    const profile = fs.mkdtempSync(join(tmpdir(), 'coldsnap-kill-'))
    let chromium: Chromium | undefined
    afterAll(async () => {
      await chromium?.close()
      fs.rmSync(profile, { recursive: true, force: true, maxRetries: 10 })
    })

    /** Opens what is there, checks it, and stores on until `kill`, some time after the first acknowledgement. */
    async function storeUntilKilled(
      run: number,
      atLeast: number,
      kill: (tab: AppTab) => Promise<void>,
    ): Promise<number> {
      const tab = await openApp(chromium!.context, served().url)
      // The lock of a page that was killed ends when the browser has noticed.
      const durability = run % 2 === 0 ? 'power' : 'process'
      expect(await tab.call('open', { durability, waitForLock: true })).toEqual({ value: true })
      const found = await tab.call('load')
      if (!('value' in found)) throw new Error(`The state after kill ${run} does not load: ${JSON.stringify(found)}`)
      const loaded = found.value ?? 0
      expect(loaded).toBeGreaterThanOrEqual(atLeast)
      let acknowledged = loaded
      const first = new Promise<void>(resolve => {
        void tab.page.exposeFunction('acknowledged', (number: number) => {
          acknowledged = number
          resolve()
        })
      })
      await tab.page.waitForFunction(() => 'acknowledged' in globalThis)
      tab.call('saveForever', loaded + 1).catch(() => undefined)
      await first
      await new Promise(resolve => setTimeout(resolve, (run * 7) % 60))
      const held = acknowledged
      await kill(tab)
      return held
    }

    it(`a page, ${kills} times: what was acknowledged is there, whole`, { timeout: boundMs }, async () => {
      chromium ??= await openChromium({ profile })
      let held = 0
      for (let run = 0; run < kills; run++) {
        held = await storeUntilKilled(run, held, async ({ page }) => {
          const crashed = page.waitForEvent('crash')
          const session = await page.context().newCDPSession(page)
          // It gets no answer.
          session.send('Page.crash').catch(() => undefined)
          await crashed
          await page.close()
        })
      }
      expect(held).toBeGreaterThanOrEqual(kills)
    })

    it(`the browser, ${kills} times: what was acknowledged is there, whole`, { timeout: boundMs }, async () => {
      let held = 0
      for (let run = 0; run < kills; run++) {
        chromium ??= await openChromium({ profile })
        held = await storeUntilKilled(run, held, async () => {
          await chromium?.kill()
          chromium = undefined
        })
      }
      expect(held).toBeGreaterThanOrEqual(kills)
    })
  })
}
