import type { BrokenProtocol } from './broken-protocols.ts'
import { handLives } from './lives.ts'
import { runLife } from './run-life.ts'
import { Tally } from './tally.ts'

/** What many lives came to. */
export interface Campaign {
  readonly total: Tally
  /** By title of the life. */
  readonly tallies: ReadonlyMap<string, Tally>
  readonly rounds: number
  readonly milliseconds: number
}

/** How long to go on. */
export interface CampaignOptions {
  /** Of the first round; each round has the next one. */
  readonly seed: number
  readonly picks: number
  /** Ends with the first life that makes it so many crashes in all. */
  readonly states: number
  readonly onRound?: (line: string) => void
}

/** Lives a life and crashes it everywhere. */
export type RunLife<L> = (
  life: L,
  tally: Tally,
  options: { readonly seed: number; readonly picks: number },
) => Promise<void>

/** Runs `lives` round after round, each with the next seed. */
export async function runCampaign<L extends { readonly title: string }>(
  lives: readonly L[],
  run: RunLife<L>,
  options: CampaignOptions,
): Promise<Campaign> {
  const { states, picks, onRound } = options
  const tallies = new Map(lives.map(({ title }) => [title, new Tally()]))
  const total = new Tally()
  const began = performance.now()
  let { seed } = options
  for (; total.total < states; seed++) {
    for (const life of lives) {
      if (total.total >= states) break
      const tally = new Tally()
      await run(life, tally, { seed, picks })
      tallies.get(life.title)!.add(tally)
      total.add(tally)
    }
    onRound?.(`seed ${seed}: ${total.total} crashes, ${total.totalFailed} failures`)
  }
  return { total, tallies, rounds: seed - options.seed, milliseconds: performance.now() - began }
}

/** Runs the lives of a broken protocol with it. */
export async function breakProtocol(
  protocol: BrokenProtocol,
  { seed, picks }: { readonly seed: number; readonly picks: number },
): Promise<Tally> {
  const total = new Tally()
  for (const title of protocol.lives) {
    const life = handLives.find(one => one.title === title)
    if (life === undefined) throw new RangeError(`No life "${title}"`)
    for (let round = 0; round < (protocol.rounds ?? 1); round++) {
      const tally = new Tally()
      await runLife(life, tally, { seed: seed + round, picks, protocol })
      total.add(tally)
    }
  }
  return total
}
