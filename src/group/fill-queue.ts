import type { Change, NameLanes } from './name-lanes.ts'

/** Bounds of a {@link FillQueue}. */
export interface FillQueueLimits {
  /** The most that waits and is under way, in bytes of keys and values. */
  readonly maxBytes: number
  /** How many groups of fills are under way at once. */
  readonly maxRunning: number
  /** How many fills make a group. */
  readonly maxGroup: number
}

interface Fill {
  readonly change: Change
  readonly byteLength: number
  /** Where the first fill of the name that still waits came in the order of all. */
  readonly position: number
}

// What a fill takes in memory beside its key and value.
const overheadBytes = 128
const maxGroupBytes = 1024 * 1024

/** Fills that wait to be written, one per name: the last one. */
export class FillQueue {
  readonly #lanes: NameLanes
  readonly #limits: FillQueueLimits
  readonly #write: (changes: ReadonlyMap<string, Change>) => Promise<void>
  // In the order of their positions.
  readonly #waiting = new Map<string, Fill>()
  #bytes = 0
  #running = 0
  #position = 0
  #isToStart = false

  /** @param write makes changes whose turn it is; must not reject. */
  constructor(
    lanes: NameLanes,
    limits: FillQueueLimits,
    write: (changes: ReadonlyMap<string, Change>) => Promise<void>,
  ) {
    this.#lanes = lanes
    this.#limits = limits
    this.#write = write
  }

  /** How many wait. */
  get size(): number {
    return this.#waiting.size
  }

  /** The position of the fill that came last. */
  get position(): number {
    return this.#position
  }

  /** Whether fills wait that came no later than the one of this position. */
  waitsUpTo(position: number): boolean {
    for (const fill of this.#waiting.values()) return fill.position <= position
    return false
  }

  /** The fill of `name` that waits. */
  waiting(name: string): Change | undefined {
    return this.#waiting.get(name)?.change
  }

  /** Adds a fill in place of one that waits. False: there is no room, and none of that name waits now. */
  add(name: string, change: Change): boolean {
    const replaced = this.#waiting.get(name)
    const byteLength = overheadBytes + (change.key?.length ?? 0) + (change.entry?.value.byteLength ?? 0)
    const bytes = this.#bytes - (replaced?.byteLength ?? 0) + byteLength
    if (bytes > this.#limits.maxBytes) {
      this.cancel(name)
      return false
    }
    this.#bytes = bytes
    this.#position++
    this.#waiting.set(name, { change, byteLength, position: replaced?.position ?? this.#position })
    // After this turn, so that fills of one turn go together.
    queueMicrotask(() => this.#start())
    return true
  }

  /** Gives up the fill of `name` that waits. */
  cancel(name: string): void {
    const fill = this.#waiting.get(name)
    if (fill === undefined) return
    this.#waiting.delete(name)
    this.#bytes -= fill.byteLength
  }

  /** Gives up all that wait and tells how many. */
  cancelAll(): number {
    const count = this.#waiting.size
    for (const name of [...this.#waiting.keys()]) this.cancel(name)
    return count
  }

  #start(): void {
    while (this.#running < this.#limits.maxRunning) {
      const group = this.#take()
      if (group.size === 0) return
      void this.#run(group)
    }
  }

  async #run(group: ReadonlyMap<string, Fill>): Promise<void> {
    this.#running++
    const changes = new Map([...group].map(([name, { change }]) => [name, change]))
    await this.#lanes.run(changes, () => this.#write(changes))
    for (const { byteLength } of group.values()) this.#bytes -= byteLength
    this.#running--
    this.#start()
  }

  #startLater(): void {
    if (this.#isToStart) return
    this.#isToStart = true
    void this.#lanes.next().then(() => {
      this.#isToStart = false
      this.#start()
    })
  }

  // The oldest whose names are free: the others would only wait in their lanes.
  #take(): Map<string, Fill> {
    const group = new Map<string, Fill>()
    let bytes = 0
    for (const [name, fill] of this.#waiting) {
      if (group.size === this.#limits.maxGroup || (group.size > 0 && bytes + fill.byteLength > maxGroupBytes)) break
      if (this.#lanes.has(name)) {
        this.#startLater()
        continue
      }
      this.#waiting.delete(name)
      group.set(name, fill)
      bytes += fill.byteLength
    }
    return group
  }
}
