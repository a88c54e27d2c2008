const factor = Number(process.env['COLDSNAP_RUNS'] ?? 1)

/** How often to run what is random: COLDSNAP_RUNS=20 makes it 20 times as often. */
export function runs(count: number): number {
  return Math.ceil(count * factor)
}

/** The seed of a random test: COLDSNAP_SEED, or drawn and put into the title of the test so that it is printed. */
export const seed: number = Number(process.env['COLDSNAP_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

/** Numbers in [0, 1) from a seed (mulberry32). */
export function randomFrom(start: number): () => number {
  let a = start | 0
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
