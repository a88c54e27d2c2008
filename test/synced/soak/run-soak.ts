import { setTimeout as sleep } from 'node:timers/promises'
import { Random } from '../../helpers/random.ts'
import { SoakFleet, type SoakFleetOptions } from './soak-fleet.ts'
import { troubles } from './soak-troubles.ts'
import { keyNames, longStaleMs, shortLifeMs } from './soak-values.ts'

/** Options of {@link runSoak}. */
export interface SoakOptions extends SoakFleetOptions {
  readonly seconds: number
  /** How long after everything is back all must answer what Redis holds. */
  readonly settleMs: number
  /** Told of each rest. */
  readonly onRest?: ((line: string) => void) | undefined
}

/** What was seen. `wrong` and `problems` must be empty. */
export interface SoakReport {
  /** Calls by kind and errors by code, of all processes that lived to the end; troubles by name. */
  readonly counts: Readonly<Record<string, number>>
  /** Milliseconds from the return of everything until all processes answered what Redis held, of each rest. */
  readonly settledMs: readonly number[]
  /** Bytes in use of each process at the first rest and at the last. */
  readonly bytes: { readonly first: readonly number[]; readonly last: readonly number[] }
  readonly wrong: readonly string[]
  readonly problems: readonly string[]
}

/** What a process may have more in memory at the end; code that was compiled meanwhile counts too. */
const growthBytes = 12_000_000

/** Puts a fleet under load and trouble; now and then everything comes back, writing stops, and all must agree with Redis. */
export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const fleet = await SoakFleet.start(options)
  const soak = new Soak(fleet, options)
  try {
    await soak.run()
  } finally {
    await fleet.close()
  }
  const { counts, settledMs, bytes, wrong } = soak
  return { counts, settledMs, bytes, wrong, problems: fleet.problems }
}

class Soak {
  readonly counts: Record<string, number> = {}
  readonly settledMs: number[] = []
  readonly wrong: string[] = []
  readonly bytes: { first: number[]; last: number[] } = { first: [], last: [] }
  readonly #fleet: SoakFleet
  readonly #options: SoakOptions
  readonly #random: Random

  constructor(fleet: SoakFleet, options: SoakOptions) {
    this.#fleet = fleet
    this.#options = options
    this.#random = new Random(options.seed)
  }

  async run(): Promise<void> {
    const { seconds } = this.#options
    const rests = Math.max(2, Math.round(seconds / 8))
    for (let rest = 0; rest < rests; rest++) {
      for (const each of this.#fleet.processes) await each.load()
      await this.#trouble(performance.now() + (seconds * 1000) / rests)
      await this.#rest()
      const weights = await Promise.all(this.#fleet.processes.map(each => each.weigh()))
      if (rest === 0) this.bytes.first = weights
      this.bytes.last = weights
    }
    this.#judgeGrowth()
    await this.#collect()
  }

  // Several at once: each goes on while others come.
  async #trouble(untilMs: number): Promise<void> {
    const under = new Set<Promise<void>>()
    let exclusive: Promise<void> = Promise.resolve()
    while (performance.now() < untilMs) {
      await sleep(50 + this.#random.below(250))
      const name = this.#random.pick(Object.keys(troubles))
      this.counts[name] = (this.counts[name] ?? 0) + 1
      const begin = (): Promise<void> => troubles[name]!(this.#fleet, this.#random)
      // Servers and processes are replaced one after the other.
      const isExclusive = name === 'restartServer' || name === 'killProcess'
      const trouble: Promise<void> = isExclusive ? exclusive.then(begin) : begin()
      if (isExclusive) exclusive = trouble
      under.add(trouble)
      void trouble.finally(() => under.delete(trouble))
    }
    await Promise.all(under)
  }

  async #rest(): Promise<void> {
    const { processes } = this.#fleet
    await Promise.all(processes.map(each => each.rest()))
    await this.#fleet.heal()
    const backAt = performance.now()
    const { settleMs, onRest } = this.#options
    let differing: string[] = []
    let isLate = false
    while (!isLate) {
      const startedAt = performance.now()
      isLate = startedAt - backAt > settleMs
      differing = await this.#compare()
      if (differing.length === 0) {
        this.settledMs.push(Math.round(startedAt - backAt))
        break
      }
      await sleep(20)
    }
    // What agrees must go on agreeing: nothing outdated comes back. By then what has an end has ended, so that nothing
    // can end between a look and the truth.
    await sleep(2 * (shortLifeMs + longStaleMs))
    if (differing.length === 0) differing = await this.#compare()
    onRest?.(`rest ${this.settledMs.length}: agreed after ${this.settledMs.at(-1)} ms, ${differing.length} differ`)
    if (differing.length > 0) {
      this.wrong.push(
        `${differing.length} differ ${isLate ? `after ${settleMs} ms` : 'again'}`,
        ...differing.slice(0, 8),
      )
    }
  }

  async #compare(): Promise<string[]> {
    const found = await Promise.all(this.#fleet.processes.map(each => each.look()))
    // Read after them: what they took from Redis meanwhile is no newer.
    const truth = await this.#fleet.truth()
    return found.flatMap((one, process) =>
      keyNames.flatMap((key, i) => {
        const held = one?.values[i]
        const isSame = held === truth[i]
        return isSame ? [] : [`process ${process}: ${key} is ${head(held)}, Redis has ${head(truth[i])}`]
      }),
    )
  }

  #judgeGrowth(): void {
    const { first, last } = this.bytes
    for (const [i, bytes] of last.entries()) {
      const grown = bytes - first[i]!
      if (grown > growthBytes) this.wrong.push(`process ${i} grew by ${Math.round(grown / 1000)} kB`)
    }
  }

  async #collect(): Promise<void> {
    for (const each of this.#fleet.processes) {
      const counts = (await each.look())?.counts ?? {}
      for (const [name, count] of Object.entries(counts)) {
        const known = this.counts[name] ?? 0
        this.counts[name] = name === 'slowestMs' ? Math.max(known, count) : known + count
      }
    }
  }
}

function head(value: string | null | undefined): string {
  return value?.slice(0, 40) ?? 'absent'
}
