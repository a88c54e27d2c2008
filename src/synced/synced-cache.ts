import { checkSignal } from '../core/check.ts'
import { RunningCalls } from '../core/running-calls.ts'
import { CacheError, isCacheError } from '../errors.ts'
import { acceptSet } from './accept-set.ts'
import { checkCallOptions, checkTag, loadJob, remoteValue, type WriteRules, writeRules } from './call-options.ts'
import { checkSettings } from './check-settings.ts'
import { connectRemote, type RemoteConnection } from './connect-remote.ts'
import type { HeldValue } from './held-value.ts'
import { Loads } from './loads.ts'
import { LocalLevel } from './local-level.ts'
import { RemoteCalls } from './remote-calls.ts'
import type { RemoteLevel, RemoteValue } from './remote-level.ts'
import { RemoteReads } from './remote-reads.ts'
import { SyncedCounters } from './synced-counters.ts'
import type {
  SyncedCallOptions,
  SyncedLoader,
  SyncedLoadOptions,
  SyncedOptions,
  SyncedSetOptions,
} from './synced-options.ts'
import type { SyncedSettings } from './synced-settings.ts'
import { type SyncedStats, syncedStats } from './synced-stats.ts'

/** How a cache stands to Redis. */
export type SyncedStatus = RemoteLevel['status']

const noOptions = {}

/**
 * The memory of this process over Redis, in step with all other processes that use the same prefix. Keys are 1 to 1,024
 * bytes. Values are what the codec keeps exactly, `undefined` excepted: it says that there is none. What a caller gets shares
 * nothing with what was set. An absent key is `undefined`; that Redis cannot be asked is `UNAVAILABLE`.
 */
export class SyncedCache<T = unknown> {
  readonly #settings: SyncedSettings
  readonly #clock: () => number
  readonly #counters = new SyncedCounters()
  readonly #local: LocalLevel
  readonly #remote: RemoteConnection
  readonly #calls: RemoteCalls
  readonly #reads: RemoteReads
  readonly #loads: Loads
  readonly #running = new RunningCalls()
  readonly #damaged = new WeakSet<HeldValue>()
  #closing: Promise<void> | undefined

  private constructor(options: SyncedOptions) {
    const settings = checkSettings(options)
    this.#settings = settings
    this.#clock = settings.clock
    this.#local = new LocalLevel({
      cache: settings.local,
      localTtlMs: settings.localTtlMs,
      values: settings.values,
      format: settings.format,
      id: settings.id,
      clock: settings.clock,
      counters: this.#counters,
      accept: acceptSet(settings, error => this.#report(error)),
      onMoved: key => this.#moved(key),
      onReset: reason => settings.logger?.info(`Local copies dropped: ${reason}`),
      onProblem: error => this.#tell(error),
    })
    this.#remote = connectRemote(options, settings, this.#local)
    this.#calls = new RemoteCalls(this.#remote.level, this.#local, this.#counters)
    this.#reads = new RemoteReads(this.#calls, this.#local, this.#counters, settings.clock)
    this.#loads = new Loads({
      settings,
      local: this.#local,
      calls: this.#calls,
      reads: this.#reads,
      counters: this.#counters,
      read: (key, held) => held && this.#read(key, held),
      report: error => this.#report(error),
    })
  }

  /**
   * Opens a cache. It is in step when this resolves: what another process changes from then on is heard of. Without Redis it
   * rejects with `UNAVAILABLE`, or with `degraded` opens all the same. Options that no cache can have are a TypeError or
   * RangeError.
   */
  static async open<T = unknown>(options: SyncedOptions): Promise<SyncedCache<T>> {
    const cache = new SyncedCache<T>(options)
    await cache.#open()
    return cache
  }

  /** `ready`: in step. `resyncing`: making sure that nothing was missed. `down`: no events come. */
  get status(): SyncedStatus {
    return this.#closing === undefined ? this.#remote.level.status : 'closed'
  }

  /** The fresh value of a key: from this process, else from Redis. `undefined` if there is none. */
  get(key: string, options: SyncedCallOptions = noOptions): Promise<T | undefined> {
    const value = options.signal?.aborted ? undefined : this.#find(key)
    return value === undefined ? this.#getRemote(key, options) : Promise.resolve(value)
  }

  /** The fresh value of a key if this process has it. Never asks Redis; for loops that cannot wait. */
  getLocal(key: string): T | undefined {
    const value = this.#find(key)
    if (value === undefined) this.#counters.localMisses += 1
    return value
  }

  /** The fresh values of keys, in their order; those that are absent are not in it. Redis is asked once for all. */
  async getMany(keys: Iterable<string>, options: SyncedCallOptions = noOptions): Promise<Map<string, T>> {
    checkCallOptions(options)
    const found = new Map<string, T | undefined>()
    const missing: string[] = []
    for (const key of new Set(keys)) {
      this.#enter(key, options)
      const value = this.getLocal(key)
      found.set(key, value)
      if (value === undefined) missing.push(key)
    }
    const reads = missing.length === 0 ? [] : await this.#unlessClosed(this.#reads.many(missing, options.signal))
    for (const [i, { held }] of reads.entries()) found.set(missing[i]!, this.#readFresh(missing[i]!, held))
    const values = new Map<string, T>()
    for (const [key, value] of found) if (value !== undefined) values.set(key, value)
    return values
  }

  /** Sets a key here, in Redis and for all processes. What is not there after a failure was not set here. */
  async set(key: string, value: T, options: SyncedSetOptions = noOptions): Promise<void> {
    const rules = writeRules(options, this.#settings)
    this.#enterToWrite(key, options)
    await this.#write([[key, remoteValue(value, rules, this.#settings)]], options.signal)
  }

  /** Sets many keys. All are encoded before the first is written. */
  async setMany(entries: Iterable<readonly [string, T]>, options: SyncedSetOptions = noOptions): Promise<void> {
    const rules: WriteRules = writeRules(options, this.#settings)
    this.#enterToWrite(undefined, options)
    const values = new Map<string, RemoteValue>()
    for (const [key, value] of entries) {
      this.#settings.format.checkKey(key)
      values.set(key, remoteValue(value, rules, this.#settings))
    }
    if (values.size > 0) await this.#write([...values], options.signal)
  }

  /** Deletes a key, there or not, here, in Redis and for all processes. */
  async delete(key: string, options: SyncedCallOptions = noOptions): Promise<void> {
    await this.#change(key, options, async ({ signal }) => {
      this.#local.moved(key, await this.#calls.run(level => level.delete(key, { signal })))
    })
  }

  /** Makes all processes drop their copies of a key. Redis keeps its value. */
  async invalidate(key: string, options: SyncedCallOptions = noOptions): Promise<void> {
    await this.#change(key, options, async ({ signal }) => {
      this.#local.moved(key, await this.#calls.run(level => level.invalidate(key, { signal })), true)
    })
  }

  /** Deletes all keys that were set with a tag, in the time of one. */
  async deleteByTag(tag: string, options: SyncedCallOptions = noOptions): Promise<void> {
    checkTag(tag)
    await this.#change(undefined, options, async ({ signal }) => {
      this.#settings.format.checkRules({ tags: [tag], staleMs: 0 })
      await this.#calls.run(level => level.deleteByTag(tag, { signal }))
      this.#local.movedTag(tag)
    })
  }

  /** Deletes all keys of this cache, and no others, for all processes. */
  async clear(options: SyncedCallOptions = noOptions): Promise<void> {
    await this.#change(undefined, options, async ({ signal }) => {
      await this.#calls.run(level => level.clear({ signal }))
      this.#local.empty()
    })
  }

  /** Frees the space in Redis of what `clear` and `deleteByTag` left dead; time does the same, later. */
  async sweep(options: SyncedCallOptions = noOptions): Promise<{ readonly removed: number }> {
    checkCallOptions(options)
    this.#enterToWrite(undefined, options)
    return { removed: await this.#unlessClosed(this.#calls.run(level => level.sweep(options))) }
  }

  /**
   * The fresh value of a key, or what `loader` gives, which is set unless the key moved meanwhile. One load per key at a time
   * in this process, with `lease` in all. Within `staleMs` past its time a value is answered at once and loaded behind. If Redis
   * cannot be asked, the loader runs all the same and the value stays here. A loader that fails is `LOAD_FAILED`.
   */
  async getOrSet(key: string, loader: SyncedLoader<T>, options: SyncedLoadOptions = noOptions): Promise<T | undefined> {
    const job = loadJob(loader, options, this.#settings)
    this.#enter(key, options)
    const value = this.getLocal(key)
    if (value !== undefined) return value
    const held = this.#local.find(key, this.#clock())
    if (this.#loads.isStale(key, held, job)) {
      this.#loads.refreshBehind(key, job)
      return this.#readStale(key, held)
    }
    const loaded = await this.#loads.fetch(key, job, options.signal)
    if (!loaded.isStale) return loaded.held && this.#read(key, loaded.held)
    if (!this.#loads.isStale(key, loaded.held, job)) {
      // Another caller takes older values than this one does.
      const fresh = await this.#loads.refresh(key, job, options.signal)
      return fresh.held && this.#read(key, fresh.held)
    }
    this.#loads.refreshBehind(key, job)
    return this.#readStale(key, loaded.held)
  }

  /** The numbers of now. */
  stats(): SyncedStats {
    return syncedStats(this.#counters, this.#local.size)
  }

  /** Ends the cache: waits for what is being written, aborts loads. The Redis client stays open. Closing twice succeeds. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #open(): Promise<void> {
    try {
      await this.#remote.level.open()
    } catch (error) {
      if (this.#settings.degraded && isCacheError(error)) {
        this.#report(error)
        return
      }
      await this.close().catch(() => undefined)
      throw error
    }
  }

  async #close(): Promise<void> {
    this.#local.inStep(false)
    this.#local.empty()
    await this.#loads.close(closed())
    await Promise.all([this.#running.ended(), this.#reads.ended()])
    await this.#remote.close()
    this.#local.empty()
  }

  #find(key: string): T | undefined {
    const nowMs = this.#clock()
    const held = this.#local.find(key, nowMs)
    if (held === undefined || !held.isFresh(nowMs)) return undefined
    const value = this.#read(key, held)
    if (value !== undefined) this.#counters.localHits += 1
    return value
  }

  async #getRemote(key: string, options: SyncedCallOptions): Promise<T | undefined> {
    checkCallOptions(options)
    this.#enter(key, options)
    this.#counters.localMisses += 1
    try {
      const { held } = await this.#reads.one(key, options.signal)
      return this.#readFresh(key, held)
    } catch (error) {
      throw this.#closing === undefined ? error : closed()
    }
  }

  #write(values: readonly (readonly [string, RemoteValue])[], signal: AbortSignal | undefined): Promise<void> {
    return this.#running.wait(this.#writeNow(values, signal), signal)
  }

  async #writeNow(values: readonly (readonly [string, RemoteValue])[], signal: AbortSignal | undefined): Promise<void> {
    const watches = values.map(([key]) => this.#local.watch(key))
    try {
      const written = await this.#calls.run(level => level.write(values, { signal }))
      this.#counters.remoteWrites += values.length
      for (const [i, [key]] of values.entries()) {
        const entry = written[i]
        // Without an entry the mode brings it later; until then Redis is asked.
        this.#local.moved(key, entry?.version ?? Number.POSITIVE_INFINITY)
        if (entry !== undefined) this.#local.take(watches[i]!, entry)
      }
    } finally {
      for (const watch of watches) this.#local.unwatch(watch)
    }
  }

  async #change(
    key: string | undefined,
    options: SyncedCallOptions,
    work: (options: SyncedCallOptions) => Promise<void>,
  ): Promise<void> {
    checkCallOptions(options)
    this.#enterToWrite(key, options)
    await this.#running.wait(work(options), options.signal)
    this.#counters.remoteWrites += 1
  }

  #enter(key: string | undefined, { signal }: SyncedCallOptions): void {
    if (key !== undefined) this.#settings.format.checkKey(key)
    if (this.#closing !== undefined) throw closed()
    checkSignal(signal)
  }

  #enterToWrite(key: string | undefined, options: SyncedCallOptions): void {
    this.#enter(key, options)
    if (this.#settings.reader) throw new CacheError('READ_ONLY', 'Cannot change a cache that was opened as a reader')
  }

  // What was under way when the cache was closed says so.
  async #unlessClosed<R>(work: Promise<R>): Promise<R> {
    try {
      return await work
    } catch (error) {
      throw this.#closing === undefined ? error : closed()
    }
  }

  /** The value, or `undefined` if it is damaged: then it counts as absent, and the next set mends it. */
  #read(key: string, held: HeldValue): T | undefined {
    try {
      return held.read() as T
    } catch (cause) {
      // A load looks at it more than once.
      if (this.#damaged.has(held)) return undefined
      this.#damaged.add(held)
      this.#counters.corrupt += 1
      this.#local.remove(key)
      this.#tell(new CacheError('CORRUPT', 'Cannot decode the value of a key', { cause, key }))
      return undefined
    }
  }

  #readFresh(key: string, held: HeldValue | undefined): T | undefined {
    return held?.isFresh(this.#clock()) ? this.#read(key, held) : undefined
  }

  #readStale(key: string, held: HeldValue): T | undefined {
    this.#counters.staleHits += 1
    return this.#read(key, held)
  }

  #moved(key: string | undefined): void {
    this.#reads.detach(key)
    this.#loads.moved(key)
  }

  #report(error: unknown): void {
    if (this.#closing !== undefined) return
    this.#counters.problems += 1
    this.#tell(error instanceof Error ? error : new Error(String(error)))
  }

  // Whoever listens must not break what he listens to.
  #tell(error: Error): void {
    try {
      this.#settings.logger?.warn(error.message, error)
      this.#settings.onError?.(error)
    } catch {}
  }
}

function closed(): CacheError {
  return new CacheError('CLOSED', 'The cache is closed')
}
