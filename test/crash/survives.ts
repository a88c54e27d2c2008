import { describe, expect, it } from 'vitest'
import { useSmallLimits } from '../snapshot/small-limits.ts'
import type { RunLife } from './campaign.ts'
import { describeFailure, renderTallies, Tally } from './tally.ts'

/** Crashes per operation and model, where there is a choice; mostly the same in CI and by hand, so that numbers agree. */
export const picks = 4

/** Registers a test for each life, which crashes it with every seed, and one for the number of crashes in all. */
export function survivesEveryCrash<L extends { readonly title: string }>(
  title: string,
  lives: readonly L[],
  run: RunLife<L>,
  options: { readonly seeds: readonly number[]; readonly picks?: number; readonly atLeast: number },
): void {
  const { seeds, atLeast } = options
  useSmallLimits()
  describe(title, () => {
    const tallies = new Map<string, Tally>()
    for (const life of lives) {
      it(`${life.title}: old or new, whole, after every crash`, async () => {
        const total = new Tally()
        for (const seed of seeds) {
          const tally = new Tally()
          await run(life, tally, { seed, picks: options.picks ?? picks })
          total.add(tally)
        }
        tallies.set(life.title, total)
        expect(total.failures.map(describeFailure).join('\n')).toBe('')
        expect(total.totalFailed).toBe(0)
      }, 180_000)
    }

    it(`that was more than ${atLeast} crashes`, () => {
      console.log(`\n${title}, seeds ${seeds.join(', ')}\n${renderTallies(tallies)}`)
      const crashes = [...tallies.values()].reduce((sum, { total }) => sum + total, 0)
      expect(tallies.size).toBe(lives.length)
      expect(crashes).toBeGreaterThan(atLeast)
    })
  })
}
