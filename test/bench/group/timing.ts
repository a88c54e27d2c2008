import { median } from '../statistics.ts'

/** Microseconds that one of `count` runs of `run` takes, one after the other. */
export async function microsPerCall(count: number, run: (i: number) => Promise<unknown>): Promise<number> {
  const start = performance.now()
  for (let i = 0; i < count; i++) await run(i)
  return ((performance.now() - start) * 1000) / count
}

/** Microseconds of processor time of this process that `run` takes, collecting its garbage included. */
export async function processorMicros(run: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await run()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

/** Calls per second when `width` of them are always under way. */
export async function callsPerSecond(
  count: number,
  width: number,
  run: (i: number) => Promise<unknown>,
): Promise<number> {
  let next = 0
  const start = performance.now()
  const worker = async (): Promise<void> => {
    while (next < count) await run(next++)
  }
  await Promise.all(Array.from({ length: width }, worker))
  return count / ((performance.now() - start) / 1000)
}

/** Figures by name, one of each round. */
export class Rounds {
  readonly #figures = new Map<string, number[]>()

  add(name: string, figure: number): void {
    const known = this.#figures.get(name)
    if (known === undefined) this.#figures.set(name, [figure])
    else known.push(figure)
  }

  /** The median of a figure over all rounds. */
  median(name: string): number {
    return median(this.#figures.get(name) ?? [])
  }

  /** The median of the ratios of two figures, each of one round, in which both saw the same machine. */
  ratio(name: string, base: string): number {
    const bases = this.#figures.get(base) ?? []
    return median((this.#figures.get(name) ?? []).map((figure, round) => figure / bases[round]!))
  }
}
