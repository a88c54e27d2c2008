import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { type Chromium, describeChromium, openChromium } from '../helpers/chromium.ts'
import { pageOfTests } from '../helpers/serve.ts'
import { runs } from '../snapshot/runs.ts'
import { type AppTab, openApp } from './open-app.ts'

/** What is known of the store when it is killed: the last state that was acknowledged, and how many were this time. */
interface Kept {
  readonly held: number
  readonly stored: number
}

// A hundred kills of both kinds together; COLDSNAP_RUNS=2 makes it a hundred of each.
describeKills('killed while it stores in IndexedDB', runs(50), 'test/browser/pages/app-page.ts')
// COLDSNAP_RUNS=10 makes it a hundred of each.
describeKills('killed while it stores in origin-private files', runs(10), 'test/browser/pages/opfs-app-page.ts', [
  'test/browser/pages/opfs-app-worker.ts',
])

/** Kills page and browser `kills` times each. */
function describeKills(name: string, kills: number, module: string, workers?: readonly string[]): void {
  const boundMs = kills * 60_000
  const isIndexed = workers === undefined
  describeChromium(name, () => {
    const served = pageOfTests(module, workers)
    const profile = fs.mkdtempSync(join(tmpdir(), 'coldsnap-kill-'))
    let chromium: Chromium | undefined
    // Tells on its standard error what it thinks of its database.
    const start = async (): Promise<Chromium> => await openChromium({ profile, args: ['--enable-logging=stderr'] })
    /** How often Chromium found its own database damaged when it was started again, and deleted it: see docs/browser.md. */
    let deletions = 0
    const hasDeleted = (): boolean => /IndexedDB recovering from a corrupted/.test(chromium?.said() ?? '')
    afterAll(async () => {
      await chromium?.close()
      fs.rmSync(profile, { recursive: true, force: true, maxRetries: 10 })
    })

    /** Opens what is there, checks it, and stores on until `kill`, some time after the first acknowledgement. */
    async function storeUntilKilled(run: number, atLeast: number, kill: (tab: AppTab) => Promise<void>): Promise<Kept> {
      const tab = await openApp(chromium!.context, served().url)
      // The lock of a page that was killed ends when the browser has noticed.
      const durability = run % 2 === 0 ? 'power' : 'process'
      expect(await tab.call('open', { durability, waitForLock: true })).toEqual({ value: true })
      const found = await tab.call('load')
      if (!('value' in found)) throw new Error(`The state after kill ${run} does not load: ${JSON.stringify(found)}`)
      const loaded = found.value ?? 0
      // All or nothing, also then: never an old state, never a part of one.
      if (isIndexed && found.value === undefined && hasDeleted()) deletions++
      else expect(loaded).toBeGreaterThanOrEqual(atLeast)
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
      return { held, stored: held - loaded }
    }

    it(`a page, ${kills} times: what was acknowledged is there, whole`, { timeout: boundMs }, async () => {
      chromium ??= await start()
      let kept: Kept = { held: 0, stored: 0 }
      for (let run = 0; run < kills; run++) {
        kept = await storeUntilKilled(run, kept.held, async ({ page }) => {
          const crashed = page.waitForEvent('crash')
          const session = await page.context().newCDPSession(page)
          // It gets no answer.
          session.send('Page.crash').catch(() => undefined)
          await crashed
          await page.close()
        })
      }
      expect(kept.held).toBeGreaterThanOrEqual(kills)
      expect(deletions).toBe(0)
    })

    it(`the browser, ${kills} times: what was acknowledged is there, whole`, { timeout: boundMs }, async () => {
      let kept: Kept = { held: 0, stored: 0 }
      let stored = 0
      for (let run = 0; run < kills; run++) {
        chromium ??= await start()
        kept = await storeUntilKilled(run, kept.held, async () => {
          await chromium?.kill()
          chromium = undefined
        })
        stored += kept.stored
      }
      expect(stored).toBeGreaterThanOrEqual(kills)
      if (deletions > 0)
        process.stdout.write(`In ${kills} kills Chromium deleted its own database ${deletions} times\n`)
    })

    it.runIf(isIndexed)(
      'a database that Chromium finds damaged is gone as a whole, and the cache starts anew',
      async () => {
        chromium ??= await start()
        await storeUntilKilled(0, 0, async () => await chromium?.kill())
        const folder = join(profile, 'Default/IndexedDB')
        const logs = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.log'))
        for (const log of logs) {
          const bytes = fs.readFileSync(join(folder, log))
          const middle = bytes.length >> 1
          bytes[middle] = (bytes[middle] ?? 0) ^ 1
          fs.writeFileSync(join(folder, log), bytes)
        }
        deletions = 0
        chromium = await start()
        const { stored } = await storeUntilKilled(1, Number.MAX_SAFE_INTEGER, async () => {
          await chromium?.kill()
          chromium = undefined
        })
        expect(deletions).toBe(1)
        expect(stored).toBeGreaterThan(0)
      },
    )
  })
}
