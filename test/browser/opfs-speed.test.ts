import { expect, it } from 'vitest'
import type { Durability } from '../../src/store/durability.ts'
import { chromiumOfTests, describeChromium } from '../helpers/chromium.ts'
import { pageOfTests } from '../helpers/serve.ts'
import { runs } from '../snapshot/runs.ts'
import type { Medium, Times } from './pages/opfs-speed-worker.ts'

declare const measure: (medium: Medium, rows: number, durability: Durability) => Promise<Times>

// The table of docs/browser.md is of COLDSNAP_RUNS=10, on a machine that does nothing else.
const rounds = runs(2)

const medianOf = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!

describeChromium('a state of 10,000 rows', () => {
  const chromium = chromiumOfTests()
  const served = pageOfTests('test/browser/pages/opfs-speed-page.ts', ['test/browser/pages/opfs-speed-worker.ts'])

  it.each(['power', 'process'] as const)(
    'is the same from both, %s',
    { timeout: rounds * 60_000 },
    async durability => {
      const page = await chromium().context.newPage()
      await page.goto(served().url)
      await page.waitForFunction(() => 'measure' in globalThis)
      const times: Record<Medium, Times[]> = { opfs: [], indexed: [] }
      for (let round = 0; round <= rounds; round++) {
        // By turns, each the first as often as the other.
        const order: readonly Medium[] = round % 2 === 0 ? ['opfs', 'indexed'] : ['indexed', 'opfs']
        for (const medium of order) {
          const found = await page.evaluate(([of, how]) => measure(of, 10_000, how), [medium, durability] as const)
          // The first round finds code that is not compiled yet.
          if (round > 0) times[medium].push(found)
        }
      }
      const rows = (Object.keys(times.opfs[0]!) as (keyof Times)[]).map(step => {
        const [opfs, indexed] = [times.opfs, times.indexed].map(all => medianOf(all.map(each => each[step])))
        return `| ${step} | ${indexed!.toFixed(1)} ms | ${opfs!.toFixed(1)} ms | ${(indexed! / opfs!).toFixed(2)} |`
      })
      process.stdout.write(`${durability}, medians of ${rounds}: IndexedDB, OPFS, times faster\n${rows.join('\n')}\n`)
      expect(times.opfs).toHaveLength(rounds)
      await page.close()
    },
  )
})
