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

  /** The least of a figure over all rounds: what others do on the machine only adds to a time. */
  least(name: string): number {
    return Math.min(...(this.#figures.get(name) ?? []))
  }

  /** The greatest, which is the best of what is counted per second. */
  most(name: string): number {
    return Math.max(...(this.#figures.get(name) ?? []))
  }
}
