import { abortable } from '../core/abortable.ts'
import type { CallSignal } from '../core/call-signal.ts'
import { checkInteger, checkOptionNames, checkSignal } from '../core/check.ts'
import { withDeadline } from '../core/deadline.ts'
import { CacheError } from '../errors.ts'
import type { Store } from '../store/store.ts'
import type { Entry } from './entry.ts'
import { checkGroupKey, keyToBytes } from './group-key.ts'
import type { RecordStats } from './group-stats.ts'
import { encodeIndex } from './index-record.ts'
import { decodeRecord, type GroupRecord } from './record.ts'
import { RecordCounters } from './record-counters.ts'
import { checkRecordGroup, recordName, recordPrefix } from './record-names.ts'
import { surveyRecords } from './record-survey.ts'
import { RecordWriter } from './record-writer.ts'
import { Wakeup } from './wakeup.ts'

/** Options of a {@link RecordStore}. Times are in milliseconds, sizes in bytes. */
export interface RecordStoreOptions {
  /** The group's name: 1 to 256 bytes of UTF-8, no slash. */
  readonly group: string
  /** Names this run of the process: what another run stored is told apart by it. Not empty. */
  readonly runId: string
  /** Milliseconds since 1970. */
  readonly clock: () => number
  /** The budget of the store, for all records of the group. `Infinity` is none. @default 1 GiB */
  readonly maxBytes?: number | undefined
  /** The most that waits to be written by fills; more is dropped and counted. @default 8 MiB */
  readonly maxQueueBytes?: number | undefined
  /** How long past its expiry a record is still answered (for stale use). `Infinity` is for ever. @default 0 */
  readonly keepExpiredMs?: number | undefined
  /** After how long a load that the store does not answer is a miss. @default 1_000 */
  readonly loadTimeoutMs?: number | undefined
  /** After how long a set or remove that the store does not answer rejects with `TIMEOUT`. @default 10_000 */
  readonly writeTimeoutMs?: number | undefined
  /** How long after the first write the records of earlier runs are looked through, behind. @default 1_000 */
  readonly surveyDelayMs?: number | undefined
  /** Told of every failure of the store, also of those that nobody else is told of. */
  readonly onError?: ((error: unknown) => void) | undefined
}

/** What a load found. */
export interface LoadedRecord {
  /** May be expired, for no longer than `keepExpiredMs`. */
  readonly entry: Entry
  /** Whether another run stored it, so that it may have missed a set or remove. */
  readonly isEarlierRun: boolean
}

const optionNames = [
  ...['group', 'runId', 'clock', 'maxBytes', 'maxQueueBytes', 'keepExpiredMs', 'loadTimeoutMs', 'writeTimeoutMs'],
  ...['surveyDelayMs', 'onError'],
]
const leastChangesPerIndex = 1_024
const surveyRetryMs = 60_000
const maxTimerMs = 2 ** 31 - 1

/**
 * The persistent level of one group: its values as records in a store, under `<group>/`. One object at a time may work on a
 * group of a store; the store is the caller's and is not closed.
 *
 * Opening reads nothing. Changes of a key reach the store in the order of the calls, and once a `set` or `remove` has been
 * called, no load answers what was there before, whether the store did it or not.
 */
export class RecordStore {
  readonly #store: Store
  readonly #group: string
  readonly #prefix: string
  readonly #runId: string
  readonly #clock: () => number
  readonly #maxBytes: number
  readonly #keepExpiredMs: number
  readonly #loadTimeoutMs: number
  readonly #writeTimeoutMs: number
  readonly #surveyDelayMs: number
  readonly #count: RecordCounters
  readonly #writer: RecordWriter
  readonly #closing = new AbortController()
  #survey: Promise<void> | undefined
  #clearing: Promise<void> | undefined
  #isSurveyed = false
  #surveyNotBeforeMs = Number.NEGATIVE_INFINITY
  #closed: Promise<void> | undefined

  /** Throws a RangeError or TypeError for an option that is none. */
  constructor(store: Store, options: RecordStoreOptions) {
    checkOptionNames(options, optionNames)
    checkRecordGroup(options.group)
    if (typeof options.runId !== 'string' || options.runId === '') throw new TypeError('Option runId must be a text')
    this.#store = store
    this.#group = options.group
    this.#prefix = recordPrefix(options.group)
    this.#runId = options.runId
    this.#clock = options.clock
    this.#maxBytes = size('maxBytes', options.maxBytes ?? 2 ** 30)
    this.#keepExpiredMs = size('keepExpiredMs', options.keepExpiredMs ?? 0)
    this.#loadTimeoutMs = timeout('loadTimeoutMs', options.loadTimeoutMs ?? 1_000, 1)
    this.#writeTimeoutMs = timeout('writeTimeoutMs', options.writeTimeoutMs ?? 10_000, 1)
    this.#surveyDelayMs = timeout('surveyDelayMs', options.surveyDelayMs ?? 1_000, 0)
    this.#count = new RecordCounters(options.onError)
    this.#writer = new RecordWriter(store, {
      group: options.group,
      runId: options.runId,
      clock: options.clock,
      maxBytes: this.#maxBytes,
      maxQueueBytes: size('maxQueueBytes', options.maxQueueBytes ?? 8 * 2 ** 20),
      count: this.#count,
    })
  }

  /**
   * The value of `key`, or `undefined` if there is none that can be used. A failure of the store is a miss, and so is a
   * store that does not answer in `loadTimeoutMs`. Errors: `INVALID_KEY`, `ABORTED` (the caller's signal only), `CLOSED`.
   */
  async load(key: string, signal?: CallSignal): Promise<LoadedRecord | undefined> {
    const name = this.#begin(key, signal)
    const found = this.#pending(name, key) ?? (await this.#read(name, key, signal))
    if (found === undefined) this.#count.misses++
    else this.#count.hits++
    return found
  }

  /**
   * Stores a value behind: the last one of a key wins, and what does not fit in the queue is dropped. The entry is borrowed.
   * Throws `INVALID_KEY`; does nothing after `close`.
   */
  fill(key: string, entry: Entry): void {
    checkGroupKey(key, Number.MAX_SAFE_INTEGER)
    if (this.#closed !== undefined) {
      this.#count.dropped++
      return
    }
    this.#writer.fill(this.#begin(key, undefined), key, entry)
    this.#afterWrite()
  }

  /**
   * Stores a value and resolves when the store has it: it holds as long as the store's durability says. When it rejects,
   * what the store has is unknown, and the key is a miss until something else is stored under it. An abort ends only the
   * wait. Errors: those of the store (`IO` for what is no CacheError), `TIMEOUT`, `INVALID_KEY`, `ABORTED`, `CLOSED`.
   */
  async set(key: string, entry: Entry, signal?: AbortSignal): Promise<void> {
    const name = this.#begin(key, signal)
    this.#afterWrite()
    await this.#write('Write of a record', this.#writer.change(name, key, entry), signal)
  }

  /**
   * Removes a value and resolves when the store has done so. When it rejects the key is a miss all the same as long as this
   * object lives, and the removal is tried again at later calls. An abort ends only the wait. Errors as of {@link set}.
   */
  async remove(key: string, signal?: AbortSignal): Promise<void> {
    const name = this.#begin(key, signal)
    await this.#write('Removal of a record', this.#writer.change(name, key, undefined), signal)
  }

  /**
   * Removes all records that were there when it was called. Has no deadline of its own; an abort ends only the wait. When it
   * rejects they are misses all the same as long as this object lives, and it is tried again at later calls. Errors: those
   * of the store, `ABORTED`, `CLOSED`.
   */
  async clear(signal?: AbortSignal): Promise<void> {
    this.#checkOpen()
    checkSignal(signal)
    const clearing = this.#writer.clear()
    this.#clearing = clearing
    await abortable(clearing, signal)
  }

  /**
   * Resolves when the fills and changes that were called before are over, whether they succeeded or not. Errors: `TIMEOUT`
   * if the store ends none of them in `writeTimeoutMs`, `CLOSED`.
   */
  async flush(): Promise<void> {
    this.#checkOpen()
    const { fills, lanes } = this.#writer
    const { position } = fills
    await nextTurn()
    while (fills.waitsUpTo(position)) await this.#write('Flush of records', lanes.next(), undefined)
    await this.#write('Flush of records', lanes.settled(), undefined)
    if (this.#isSurveyed && this.#writer.index.isDirty)
      await this.#write('Write of an index', this.#writeIndex(), undefined)
  }

  /**
   * Writes what waits, tries once more to remove what must go, and ends; gives up when the store does not end a call in
   * `writeTimeoutMs`. Never rejects. The store stays open. Closing twice waits for the same end.
   */
  close(): Promise<void> {
    this.#closed ??= this.#finish()
    return this.#closed
  }

  /** What was done since this object was made. `bytes` is 0 without a budget. */
  stats(): RecordStats {
    const { hits, misses, writes, dropped, evictions, corrupt, errors } = this.#count
    return { hits, misses, writes, dropped, evictions, corrupt, errors, bytes: this.#writer.index.bytes }
  }

  #begin(key: string, signal: CallSignal | undefined): string {
    this.#checkOpen()
    checkSignal(signal)
    checkGroupKey(key, Number.MAX_SAFE_INTEGER)
    void this.#writer.payDebts()
    return recordName(key)
  }

  #checkOpen(): void {
    if (this.#closed !== undefined) throw new CacheError('CLOSED', 'The records of the group are closed')
  }

  // What a change that is not over yet will leave: `entry` absent is that it leaves nothing for this key.
  #pending(name: string, key: string): LoadedRecord | undefined {
    const change = this.#writer.latest(name)
    if (change?.entry === undefined || change.key !== key || this.#isPastUse(change.entry)) return undefined
    return { entry: change.entry, isEarlierRun: false }
  }

  async #read(name: string, key: string, signal: CallSignal | undefined): Promise<LoadedRecord | undefined> {
    if (this.#writer.latest(name) !== undefined || this.#writer.isGone(name)) return undefined
    const reading = this.#writer.lanes.beginReading(name)
    try {
      const bytes = await withDeadline(
        'Load of a record',
        this.#loadTimeoutMs,
        signal,
        async controller => await this.#store.load(this.#prefix + name, { signal: controller.signal }),
      )
      // Changed meanwhile: what was read may be from before.
      if (this.#writer.latest(name) !== undefined) return this.#pending(name, key)
      if (!reading.isCurrent || bytes === undefined) return undefined
      const record = decodeRecord({ group: this.#group, key: keyToBytes(key) }, bytes)
      if (!this.#isUseful(record)) {
        this.#writer.discard(reading)
        return undefined
      }
      this.#writer.used(name, bytes.byteLength)
      return { entry: record.entry, isEarlierRun: record.runId !== this.#runId }
    } catch (error) {
      checkSignal(signal)
      this.#count.failed(error)
      return undefined
    } finally {
      this.#writer.lanes.endReading(reading)
    }
  }

  #isUseful(record: GroupRecord | undefined): record is GroupRecord {
    if (record === undefined) this.#count.corrupt++
    return record !== undefined && !this.#isPastUse(record.entry)
  }

  #isPastUse(entry: Entry): boolean {
    return entry.expiresAtMs + this.#keepExpiredMs < this.#clock()
  }

  // The store is never told to stop: a write given up half-way could land after a later one of its key.
  #write(what: string, work: Promise<void>, signal: CallSignal | undefined): Promise<void> {
    return withDeadline(what, this.#writeTimeoutMs, signal, () => work)
  }

  #afterWrite(): void {
    if (this.#maxBytes === Number.POSITIVE_INFINITY) return
    const { index } = this.#writer
    if (this.#isSurveyed) {
      if (index.changes >= Math.max(leastChangesPerIndex, index.size / 4)) void this.#writeIndex()
    } else if (this.#survey === undefined && this.#clock() >= this.#surveyNotBeforeMs) {
      this.#survey = this.#lookThrough()
    }
  }

  #writeIndex(): Promise<void> {
    return this.#writer.writeIndex(() => encodeIndex(this.#group, this.#writer.index.sizes))
  }

  async #lookThrough(): Promise<void> {
    const { signal } = this.#closing
    await new Wakeup().wait(this.#surveyDelayMs, signal)
    try {
      signal.throwIfAborted()
      const options = { store: this.#store, group: this.#group, writer: this.#writer, signal }
      await abortable(surveyRecords({ ...options, isUseful: record => this.#isUseful(record) }), signal)
      this.#isSurveyed = true
      void this.#writer.evict()
    } catch (error) {
      if (signal.aborted) return
      this.#count.failed(error)
      this.#surveyNotBeforeMs = this.#clock() + surveyRetryMs
      this.#survey = undefined
    }
  }

  async #finish(): Promise<void> {
    this.#closing.abort()
    await this.#survey
    try {
      // A clearing that fails has told its caller.
      await this.#write(
        'Removal of all records',
        this.#clearing?.catch(() => undefined) ?? Promise.resolve(),
        undefined,
      )
      await this.#drain()
      await this.#write('Removal of records', this.#writer.payDebts(true), undefined)
      if (this.#isSurveyed && this.#writer.index.isDirty) void this.#writeIndex()
      await this.#drain()
    } catch (error) {
      this.#count.failed(error)
    }
    this.#writer.stop()
    this.#count.dropped += this.#writer.fills.cancelAll()
  }

  // Waits until all is over; `TIMEOUT` if the store ends nothing for a while.
  async #drain(): Promise<void> {
    const { fills, lanes } = this.#writer
    await nextTurn()
    while (fills.size > 0 || lanes.size > 0) {
      await this.#write('End of the writes', lanes.next(), undefined)
      await nextTurn()
    }
  }
}

// Lets what is begun by a microtask begin: the next fills, the next part of a debt.
function nextTurn(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 0))
}

function size(name: string, value: number): number {
  if (value !== Number.POSITIVE_INFINITY) checkInteger(name, value, 0)
  return value
}

function timeout(name: string, value: number, min: number): number {
  checkInteger(name, value, min)
  if (value > maxTimerMs) throw new RangeError(`Option ${name} must be at most ${maxTimerMs}, received ${value}`)
  return value
}
