import { CacheError, isCacheError } from '../errors.ts'
import type { Store, StoreOperation } from '../store/store.ts'
import type { Entry } from './entry.ts'
import { FillQueue } from './fill-queue.ts'
import { keyToBytes } from './group-key.ts'
import { type Change, NameLanes, type Reading } from './name-lanes.ts'
import { OwedRemovals } from './owed-removals.ts'
import { encodeRecord } from './record.ts'
import type { RecordCounters } from './record-counters.ts'
import { RecordIndex } from './record-index.ts'
import { indexName, isRecordName, recordPrefix } from './record-names.ts'

/** What a {@link RecordWriter} is told. */
export interface RecordWriterOptions {
  readonly group: string
  readonly runId: string
  readonly clock: () => number
  readonly maxBytes: number
  readonly maxQueueBytes: number
  readonly count: RecordCounters
}

const maxGroup = 64
// The life of what was there before a clearing: its removal is nothing that a clearing must keep.
const ended = -1

/**
 * All that changes the records of a group: fills, sets and removals in their order, the byte budget, and what the store
 * still owes after it failed.
 */
export class RecordWriter {
  readonly lanes: NameLanes = new NameLanes()
  readonly fills: FillQueue
  /** What is known to be stored; empty where there is no budget. */
  readonly index: RecordIndex = new RecordIndex()
  readonly #store: Store
  readonly #options: RecordWriterOptions
  readonly #prefix: string
  readonly #owed = new OwedRemovals()
  /** While the whole group is to be cleared: the names written since. Every other record counts as gone. */
  #kept: Set<string> | undefined
  #life = 0
  #paying: Promise<void> | undefined
  #clearing: Promise<void> = Promise.resolve()
  #isEvicting = false
  #isStopped = false

  constructor(store: Store, options: RecordWriterOptions) {
    this.#store = store
    this.#options = options
    this.#prefix = recordPrefix(options.group)
    const limits = store.batch === undefined ? { maxRunning: 8, maxGroup: 1 } : { maxRunning: 2, maxGroup }
    this.fills = new FillQueue(this.lanes, { ...limits, maxBytes: options.maxQueueBytes }, changes =>
      this.#fill(changes),
    )
  }

  /** The change of `name` that the store has not confirmed yet. */
  latest(name: string): Change | undefined {
    const change = this.fills.waiting(name) ?? this.lanes.latest(name)
    if (change === undefined || change.life === this.#life) return change
    // The group is to be cleared of it.
    return { ...change, entry: undefined }
  }

  /** Whether what the store has under `name` must not be used: it is still there only because the store failed. */
  isGone(name: string): boolean {
    return this.#owed.has(name) || (this.#kept !== undefined && !this.#kept.has(name))
  }

  /** Stores behind, if there is room in the queue. */
  fill(name: string, key: string, entry: Entry): void {
    const fits = entry.value.byteLength <= this.#options.maxBytes
    if (!fits) this.fills.cancel(name)
    if (!fits || !this.fills.add(name, { key, entry, life: this.#life })) this.#options.count.dropped++
  }

  /** Stores, or removes for `undefined`; rejects with the store's error. What was there before is not used any more. */
  async change(name: string, key: string, entry: Entry | undefined): Promise<void> {
    this.fills.cancel(name)
    // A value beyond the whole budget would be evicted at once.
    const fits = entry === undefined || entry.value.byteLength <= this.#options.maxBytes
    if (!fits) this.#options.count.dropped++
    const changes = new Map([[name, { key, entry: fits ? entry : undefined, life: this.#life }]])
    await this.lanes.run(changes, async () => {
      try {
        await this.#apply(changes)
      } catch (error) {
        this.#options.count.failed(error)
        this.#owe(name)
        throw storeError(error, entry === undefined ? 'remove' : 'store')
      }
    })
  }

  /** Removes, behind, a record that is of no use, unless the name was changed since `reading` began. */
  discard(reading: Reading): void {
    const { name } = reading
    if (this.#isStopped || !reading.isCurrent || this.latest(name) !== undefined) return
    void this.#removeAll([name])
  }

  /** Notes that a record was read. */
  used(name: string, byteLength: number): void {
    if (this.#options.maxBytes !== Number.POSITIVE_INFINITY) this.index.use(name, byteLength)
  }

  /** Removes what is there; changes that are begun later stay. Rejects with the store's error, and is then tried again. */
  async clear(): Promise<void> {
    this.fills.cancelAll()
    this.#forgetAll()
    try {
      await this.#clearStore()
    } catch (error) {
      this.#options.count.failed(error)
      this.#owed.failed(this.#options.clock())
      throw storeError(error, 'remove')
    }
  }

  /** Tries again what the store owes, if the pause after its last failure is over. Never rejects. */
  async payDebts(isForced = false): Promise<void> {
    if (this.#owed.size === 0 && this.#kept === undefined) return
    if (!isForced && !this.#owed.isDue(this.#options.clock())) return
    this.#paying ??= this.#payAll()
    await this.#paying
  }

  /** Removes the least recently used records beyond the budget, behind. */
  async evict(): Promise<void> {
    const { maxBytes, count } = this.#options
    if (this.#isEvicting) return
    this.#isEvicting = true
    while (this.index.bytes > maxBytes && !this.#isStopped) {
      const names = this.index.oldest(maxBytes, maxGroup, name => this.latest(name) === undefined)
      // Where all are busy, the end of the next change frees one.
      if (names.length === 0) await this.lanes.next()
      else if (await this.#removeAll(names)) count.evictions += names.length
      else break
    }
    this.#isEvicting = false
  }

  /** Writes the index in its turn. Never rejects. */
  async writeIndex(encode: () => Uint8Array): Promise<void> {
    const change = { key: undefined, entry: undefined, life: this.#life }
    await this.lanes.run(new Map([[indexName, change]]), async () => {
      try {
        this.index.saved()
        await this.#store.store(this.#prefix + indexName, encode())
      } catch (error) {
        this.#options.count.failed(error)
      }
    })
  }

  /** Begins nothing more by itself. */
  stop(): void {
    this.#isStopped = true
  }

  async #fill(changes: ReadonlyMap<string, Change>): Promise<void> {
    try {
      await this.#apply(changes)
    } catch (error) {
      this.#options.count.failed(error)
      // What a clearing passed over because of this fill.
      if (this.#kept !== undefined) for (const name of changes.keys()) if (!this.#kept.has(name)) this.#owe(name)
    }
  }

  // Whether all are removed.
  async #removeAll(names: readonly string[]): Promise<boolean> {
    const removal: Change = { key: undefined, entry: undefined, life: this.#life }
    const changes = new Map(names.map(name => [name, removal]))
    try {
      await this.lanes.run(changes, () => this.#apply(changes))
      return true
    } catch (error) {
      this.#options.count.failed(error)
      return false
    }
  }

  async #apply(changes: ReadonlyMap<string, Change>): Promise<void> {
    if (this.#store.batch !== undefined && changes.size > 1) {
      const operations = [...changes].map(([name, change]) => this.#operation(name, change))
      await this.#store.batch(operations)
      let at = 0
      for (const [name, change] of changes) this.#applied(name, change, operations[at++]!)
    } else {
      for (const [name, change] of changes) {
        const operation = this.#operation(name, change)
        if (operation.type === 'store') await this.#store.store(operation.key, operation.value)
        else await this.#store.remove(operation.key)
        this.#applied(name, change, operation)
      }
    }
    if (this.index.bytes > this.#options.maxBytes) void this.evict()
  }

  #operation(name: string, { key, entry }: Change): StoreOperation {
    const storeKey = this.#prefix + name
    if (key === undefined || entry === undefined) return { type: 'remove', key: storeKey }
    const { group, runId, clock } = this.#options
    const record = { entry, runId, storedAtMs: clock() }
    return { type: 'store', key: storeKey, value: encodeRecord({ group, key: keyToBytes(key) }, record) }
  }

  #applied(name: string, { life }: Change, operation: StoreOperation): void {
    const { count, maxBytes } = this.#options
    this.#owed.delete(name)
    if (life === this.#life) this.#kept?.add(name)
    if (operation.type === 'store') {
      count.writes++
      if (maxBytes !== Number.POSITIVE_INFINITY) this.index.put(name, operation.value.byteLength)
    } else {
      this.index.delete(name)
    }
  }

  #owe(name: string): void {
    const nowMs = this.#options.clock()
    if (this.#owed.isDue(nowMs)) this.#owed.failed(nowMs)
    if (!this.#owed.add(name)) this.#forgetAll()
  }

  // From here on every record that is there counts as gone, and is owed.
  #forgetAll(): void {
    this.#life++
    this.#kept = new Set()
    this.#owed.clear()
    this.lanes.outdateAll()
    this.index.clear()
  }

  async #payAll(): Promise<void> {
    while (await this.#paySome());
    this.#paying = undefined
  }

  // Whether it went well and there is more to do.
  async #paySome(): Promise<boolean> {
    let isPaid: boolean
    if (this.#kept === undefined) {
      const names = this.#owed.first(maxGroup, name => !this.lanes.has(name))
      if (names.length === 0) return false
      isPaid = await this.#removeAll(names)
    } else {
      isPaid = await this.#clearStore().then(
        () => true,
        error => {
          this.#options.count.failed(error)
          return false
        },
      )
    }
    if (isPaid) this.#owed.succeeded()
    else this.#owed.failed(this.#options.clock())
    return isPaid && this.#owed.size > 0 && !this.#isStopped
  }

  // One after the other: what one has finished, another must not go on with.
  #clearStore(): Promise<void> {
    const done = this.#clearing.then(async () => {
      if (this.#kept !== undefined) await this.#removeListed()
    })
    this.#clearing = done.catch(() => undefined)
    return done
  }

  async #removeListed(): Promise<void> {
    const life = this.#life
    // Changes of before may still put something there.
    await this.lanes.settled()
    let names: string[] = []
    for await (const storeKey of this.#store.list(this.#prefix)) {
      const name = storeKey.slice(this.#prefix.length)
      const isOurs = storeKey.startsWith(this.#prefix) && (isRecordName(name) || name === indexName)
      if (isOurs) names.push(name)
      if (names.length < maxGroup) continue
      await this.#removeOrThrow(names)
      names = []
    }
    await this.#removeOrThrow(names)
    // Not if it was cleared anew meanwhile.
    if (life === this.#life) this.#kept = undefined
  }

  // All but what is written meanwhile. A name with a change under way waits for it: it may fail and leave what was there.
  async #removeOrThrow(names: readonly string[]): Promise<void> {
    const removal: Change = { key: undefined, entry: undefined, life: ended }
    for (let rest = names; rest.length > 0; ) {
      if (this.#isStopped) throw new CacheError('CLOSED', 'The records of the group are closed')
      const due = rest.filter(name => this.#kept?.has(name) !== true)
      const changes = new Map(due.filter(name => !this.lanes.has(name)).map(name => [name, removal]))
      rest = due.filter(name => !changes.has(name))
      if (changes.size > 0) await this.lanes.run(changes, () => this.#apply(changes))
      for (const name of rest) await this.lanes.settled(name)
    }
  }
}

function storeError(error: unknown, verb: 'remove' | 'store'): CacheError {
  if (isCacheError(error)) return error
  return new CacheError('IO', `Cannot ${verb} a record: the store failed`, { cause: error })
}
