import { Random } from '../helpers/random.ts'

const factor = Number(process.env['COLDSNAP_RUNS'] ?? 1)

/** How often to run what is random: COLDSNAP_RUNS=20 makes it 20 times as often. */
export function runs(count: number): number {
  return Math.ceil(count * factor)
}

/** The seed of a random test: COLDSNAP_SEED, or drawn and put into the title of the test so that it is printed. */
export const seed: number = Number(process.env['COLDSNAP_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

/** Numbers in [0, 1) from a seed. */
export function randomFrom(start: number): () => number {
  const random = new Random(start)
  return () => random.unit()
}
