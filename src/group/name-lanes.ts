import type { Entry } from './entry.ts'

/** What is to become of a record. */
export interface Change {
  /** The group's key. `undefined` where only the name matters: of a removal. */
  readonly key: string | undefined
  /** What is to be stored; `undefined` removes. */
  readonly entry: Entry | undefined
  /** Which of the group's lives it belongs to: clearing the group begins a new one. */
  readonly life: number
}

/** A read under way. Changes that are begun meanwhile make it outdated. */
export interface Reading {
  readonly name: string
  readonly isCurrent: boolean
}

interface SharedReading extends Reading {
  isCurrent: boolean
  readers: number
}

interface Lane {
  /** Ends when the last change of the lane did; never rejects. */
  tail: Promise<void>
  latest: Change
}

/**
 * Lets changes of one name happen one after the other, in the order of the calls, and of different names at once. A change
 * is over when the store says so and not when somebody stops waiting for it: so none can land after a later one.
 */
export class NameLanes {
  readonly #lanes = new Map<string, Lane>()
  readonly #readings = new Map<string, SharedReading>()
  readonly #watchers = new Set<Set<string>>()
  #waiters: (() => void)[] = []

  /** How many names have changes under way or waiting. */
  get size(): number {
    return this.#lanes.size
  }

  has(name: string): boolean {
    return this.#lanes.has(name)
  }

  /** The change of `name` that was begun last, while it is under way or waiting. */
  latest(name: string): Change | undefined {
    return this.#lanes.get(name)?.latest
  }

  /** Runs `task`, which makes all of `changes`, after every earlier change of their names. Settles as it does. */
  run(changes: ReadonlyMap<string, Change>, task: () => Promise<void>): Promise<void> {
    const names = [...changes.keys()]
    for (const name of names) this.#outdate(name)
    const earlier = names.flatMap(name => this.#lanes.get(name)?.tail ?? [])
    const done = earlier.length === 0 ? task() : Promise.all(earlier).then(task)
    const tail = done.then(ignore, ignore)
    for (const [name, latest] of changes) this.#lanes.set(name, { tail, latest })
    void tail.then(() => this.#end(names, tail))
    return done
  }

  /** Begins a read of `name`, to be ended by {@link endReading}. */
  beginReading(name: string): Reading {
    let reading = this.#readings.get(name)
    if (reading === undefined) {
      reading = { name, isCurrent: true, readers: 0 }
      this.#readings.set(name, reading)
    }
    reading.readers++
    return reading
  }

  endReading(reading: Reading): void {
    const shared = this.#readings.get(reading.name)
    if (shared === reading && --shared.readers === 0) this.#readings.delete(reading.name)
  }

  /** Makes all reads under way outdated. */
  outdateAll(): void {
    for (const name of [...this.#readings.keys()]) this.#outdate(name)
  }

  /** A set that has the names of all changes that are not over now, and gets those of later ones until {@link unwatch}. */
  watch(): Set<string> {
    const names = new Set(this.#lanes.keys())
    this.#watchers.add(names)
    return names
  }

  unwatch(names: Set<string>): void {
    this.#watchers.delete(names)
  }

  /** Resolves when the changes that were begun so far, of one name or of all, are over. */
  async settled(name?: string): Promise<void> {
    if (name === undefined) await Promise.all([...this.#lanes.values()].map(lane => lane.tail))
    else await this.#lanes.get(name)?.tail
  }

  /** Resolves when the next change is over. */
  next(): Promise<void> {
    return new Promise(resolve => this.#waiters.push(resolve))
  }

  #outdate(name: string): void {
    for (const names of this.#watchers) names.add(name)
    const reading = this.#readings.get(name)
    if (reading === undefined) return
    reading.isCurrent = false
    this.#readings.delete(name)
  }

  #end(names: readonly string[], tail: Promise<void>): void {
    for (const name of names) if (this.#lanes.get(name)?.tail === tail) this.#lanes.delete(name)
    const waiters = this.#waiters
    this.#waiters = []
    for (const tell of waiters) tell()
  }
}

function ignore(): void {}
