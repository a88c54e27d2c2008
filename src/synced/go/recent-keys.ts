interface Generation {
  readonly keys: Map<string, Sighting>
  /** The number of the last event before this generation. */
  readonly afterVersion: number
  readonly fromMs: number
}

interface Sighting {
  readonly version: number
  readonly atMs: number
}

const maxKeys = 50_000
// As long as a loader may take, so that what it began with can be judged.
const generationMs = 30_000

/** Which keys had an event lately, in bounded memory; in doubt every key had one. */
export class RecentKeys {
  readonly #crossMs: number
  #current: Generation
  #previous: Generation
  #afterVersion = 0

  /** Two events of a key within `crossMs` of each other may have crossed. */
  constructor(crossMs: number) {
    this.#crossMs = crossMs
    this.#previous = { keys: new Map(), afterVersion: 0, fromMs: Number.NEGATIVE_INFINITY }
    this.#current = this.#previous
  }

  /** An event of `key` came, the one with number `version`. */
  note(key: string, version: number, nowMs: number): void {
    const { keys, fromMs } = this.#current
    if (keys.size >= maxKeys || Math.abs(nowMs - fromMs) >= generationMs) {
      this.#previous = this.#current
      this.#current = { keys: new Map(), afterVersion: version - 1, fromMs: nowMs }
    }
    this.#current.keys.set(key, { version, atMs: nowMs })
  }

  /** Whether an event of `key` came so lately that another one now may tell of an earlier write. */
  isCrossing(key: string, nowMs: number): boolean {
    const near = (atMs: number): boolean => Math.abs(nowMs - atMs) < this.#crossMs
    const last = this.#last(key)
    return (last !== undefined && near(last.atMs)) || near(this.#previous.fromMs)
  }

  /** Whether an event of `key` came, or may have come, after the one with number `version`. */
  movedAfter(key: string, version: number): boolean {
    if (version < Math.max(this.#afterVersion, this.#previous.afterVersion)) return true
    return (this.#last(key)?.version ?? 0) > version
  }

  /** All keys moved up to the event with number `version`. */
  allMoved(version: number): void {
    this.#afterVersion = version
  }

  /** Events may have been missed. */
  missed(version: number, nowMs: number): void {
    this.#afterVersion = version
    this.#previous = { keys: new Map(), afterVersion: version, fromMs: nowMs }
    this.#current = this.#previous
  }

  #last(key: string): Sighting | undefined {
    return this.#current.keys.get(key) ?? this.#previous.keys.get(key)
  }
}
