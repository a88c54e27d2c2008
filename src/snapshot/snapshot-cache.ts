import { abortable } from '../core/abortable.ts'
import { checkFunction, checkOptionNames } from '../core/check.ts'
import { checkStore } from '../core/check-store.ts'
import { SerialQueue } from '../core/serial-queue.ts'
import { tell } from '../core/tell.ts'
import { CacheError } from '../errors.ts'
import type { Store } from '../store/store.ts'
import type { CallOptions } from './call-options.ts'
import type { OpenedHead } from './head-seal.ts'
import { snapshotKeys } from './keys.ts'
import { ageMs, confirmLoads, loadState } from './load-state.ts'
import type { Generation, Verification } from './maintenance.ts'
import type { PatchInput } from './patch-column.ts'
import { walkHeads } from './read-heads.ts'
import type { Source } from './read-pieces.ts'
import type { Report } from './report.ts'
import { type ResolvedOptions, resolveOptions, type SnapshotCacheOptions } from './snapshot-options.ts'
import type { SnapshotView } from './snapshot-view.ts'
import type { FoundLoad, SnapshotWriter, WriteRules } from './snapshot-writer.ts'
import { StoreRequests } from './store-requests.ts'
import type { StoreResult } from './store-state.ts'

/** What a load gives: the last good state, and how good it is. */
export interface Snapshot<State> {
  /** The caller's to keep and change. */
  readonly state: State
  /** Always true: the state is of the past until something fresher replaces it. */
  readonly cached: true
  /** When it was stored, by the clock of whoever stored it. */
  readonly savedAt: Date
  /** How long ago that was, in milliseconds, never negative. */
  readonly ageMs: number
  /** Counts snapshots; a later one has a higher number. */
  readonly generation: number
  /** What the load met on its way to this snapshot. */
  readonly report: Report
  /** Says that the application works with this state: see the `poisonAfter` option. */
  confirm(options?: CallOptions): Promise<void>
}

/** What {@link SnapshotCache.start} gives. */
export interface Start<State> {
  /** The cached state, or the fetched one where nothing was cached. The caller's to keep and change. */
  readonly state: State
  /** Whether `state` is the cached one; `fresh` is then still on its way. */
  readonly cached: boolean
  /** The fetched state, once it is stored. Rejects if the fetch or the store fails; that may be left unhandled. */
  readonly fresh: Promise<State>
  /** The snapshot that `state` came from, if it is the cached one. */
  readonly snapshot: Snapshot<State> | undefined
}

/**
 * Keeps one large state object in a {@link Store}, column by column. A load gives the last good state, whole and
 * verified, or nothing; a store writes what changed. Calls are served one after the other; the cache does not close the
 * store it was given. Errors: docs/errors.md. The format: docs/FORMAT.md.
 */
export class SnapshotCache<State extends object> {
  /** Tells the caches of one store apart. */
  readonly name: string
  readonly #options: ResolvedOptions
  readonly #source: Source
  // Heads that open views read from.
  readonly #pinned = new Set<OpenedHead>()
  #writing: WriteSide | undefined
  // The last load, until there is a writer to take it over.
  #found: FoundLoad | undefined
  readonly #queue = new SerialQueue()
  readonly #requests = new StoreRequests()
  // States given out by load(), and whether they lack columns.
  readonly #loaded = new WeakMap<object, { isPartial: boolean }>()
  // Keys of which the removal failed in a `clear`.
  readonly #uncleared = new Set<string>()
  #closed = false

  constructor(store: Store, options: SnapshotCacheOptions<State> = {}) {
    checkStore(store)
    this.#options = resolveOptions(options)
    this.name = this.#options.name
    this.#source = { store, keys: snapshotKeys(this.name), cipher: this.#options.cipher }
  }

  /**
   * Makes `state` the snapshot: writes the columns and elements that changed, then the head that names them. The state
   * is read in one synchronous step when the call's turn comes; calls that wait for their turn are overtaken by later
   * ones (`skipped: 'superseded'`). A state that came from `load()` and was not changed is not stored again.
   *
   * Rejects, and leaves the last snapshot as it was, with `UNSUPPORTED_VALUE` (with the path of the value),
   * `DUPLICATE_KEY`, `INVALID_KEY`, `FORMAT_NEWER`, `ABORTED`, `CLOSED`, or what the store throws.
   */
  async store(state: State, options: CallOptions = {}): Promise<StoreResult> {
    checkCallOptions(options)
    checkState(state)
    this.#checkOpen()
    const origin = this.#loaded.get(state)
    if (origin?.isPartial) throw new TypeError('The state was loaded in part: use update() to store columns of it')
    const task = async (latest: object, latestOptions: CallOptions): Promise<StoreResult> => {
      const isLoaded = this.#loaded.has(latest)
      const { side, writer, rules } = await this.#write()
      const result = await side.storeState(writer, latest, isLoaded, rules, latestOptions)
      // Changed and stored, it is the application's state, no longer the cached one.
      if (result.written.length > 0 || result.removed.length > 0) this.#loaded.delete(latest)
      return result
    }
    return await this.#requests.add({ state, options }, task, run => this.#queue.run(run, undefined))
  }

  /**
   * Replaces some columns; the others stay as they are stored. Rejects with `NOTHING_CACHED` if there is no snapshot to
   * build on, else as {@link store}.
   */
  async update(columns: Partial<State>, options: CallOptions = {}): Promise<StoreResult> {
    checkCallOptions(options)
    checkState(columns)
    return await this.#run(async () => {
      const { side, writer, rules } = await this.#write()
      return await side.updateColumns(writer, columns, rules, options)
    }, options.signal)
  }

  /**
   * Sets and removes elements of a column that is keyed() or entries(). Elements with a new key go to the end; an
   * element that is both set and removed is removed; removing an absent key is fine. Rejects as {@link update}.
   */
  async patch<Name extends keyof State & string>(
    column: Name,
    change: PatchInput<State[Name]>,
    options: CallOptions = {},
  ): Promise<StoreResult> {
    checkCallOptions(options)
    return await this.#run(async () => {
      const { side, writer, rules } = await this.#write()
      return await side.patchColumn(writer, column, change, rules, options)
    }, options.signal)
  }

  /**
   * The last good state, or `undefined` if there is none. Every digest is checked before anything is decoded; if the
   * newest snapshot is not whole, the one before is given and `report` says so. Stored bytes never make it reject.
   * With `columns`, only these are read and given.
   */
  async load(options?: CallOptions & { readonly columns?: undefined }): Promise<Snapshot<State> | undefined>
  async load<const Name extends keyof State & string>(
    options: CallOptions & { readonly columns: readonly Name[] },
  ): Promise<Snapshot<Pick<State, Name>> | undefined>
  async load(
    options: CallOptions & { readonly columns?: readonly string[] | undefined } = {},
  ): Promise<Snapshot<State> | undefined> {
    checkCallOptions(options, ['columns'])
    const { columns } = options
    if (columns !== undefined && !Array.isArray(columns))
      throw new TypeError('Option columns must be an array of names')
    return await this.#run(() => this.#load(columns, options), options.signal)
  }

  async #load(columns: readonly string[] | undefined, options: CallOptions): Promise<Snapshot<State> | undefined> {
    const found = await walkHeads(
      this.#source,
      async (head, note) => await loadState(this.#source, head, columns, this.#options, options, note),
      options.signal,
    )
    const { head, result, problems, fallback } = found
    const report: Report = { problems, fallback }
    this.#heed(report, head !== undefined)
    if (head === undefined || result === undefined) return undefined
    if (!fallback) this.#learn({ ...result, head, isWhole: columns === undefined, atMs: this.#options.now() })
    this.#loaded.set(result.state, { isPartial: columns !== undefined })
    return {
      state: result.state as State,
      cached: true,
      savedAt: new Date(head.savedAtMs),
      ageMs: ageMs(head, this.#options.now()),
      generation: head.generation,
      report,
      confirm: async (confirmOptions = {}) =>
        await this.#run(() => confirmLoads(this.#source, head, confirmOptions.signal), confirmOptions.signal),
    }
  }

  /**
   * Opens the newest snapshot for reading column by column and element by element, each decoded when it is first asked
   * for. All that a view gives is of one snapshot. `undefined` if there is none.
   */
  async view(options: CallOptions = {}): Promise<SnapshotView<State> | undefined> {
    checkCallOptions(options)
    return await this.#run(async () => {
      const { openView } = await import('./snapshot-view.ts')
      const opened = await openView<State>(this.#source, this.#options, this.#pinned, options)
      this.#heed(opened, opened.view !== undefined)
      return opened.view
    }, options.signal)
  }

  /**
   * The whole start-up: gives the cached state at once and the fetched one later, or, if nothing is cached, waits for
   * the fetch. `fresh` resolves once the fetched state is stored; a store that fails rejects `fresh`, not the start.
   */
  async start(fetch: (signal: AbortSignal) => Promise<State>, options: CallOptions = {}): Promise<Start<State>> {
    checkCallOptions(options)
    checkFunction('fetch', fetch)
    const snapshot = await this.load(options)
    // Called in an async function: a fetch that throws at once is no different from one that rejects.
    const fetching = async (): Promise<State> => await fetch(options.signal ?? new AbortController().signal)
    const fetched = abortable(fetching(), options.signal)
    const storing = async (): Promise<State> => {
      const state = await fetched
      await this.store(state, options)
      await snapshot?.confirm(options)
      return state
    }
    const fresh = storing()
    // Being offline, or a full disk, is normal here: whoever does not look at `fresh` must not be ended by it.
    fresh.catch(() => undefined)
    if (snapshot === undefined) return { state: await fetched, cached: false, fresh, snapshot }
    return { state: snapshot.state, cached: true, fresh, snapshot }
  }

  /** The snapshots whose heads are stored, newest first. */
  async generations(options: CallOptions = {}): Promise<Generation[]> {
    checkCallOptions(options)
    return await this.#run(async () => {
      const { listGenerations } = await import('./maintenance.ts')
      return await listGenerations(this.#source, this.#options.now(), options.signal)
    }, options.signal)
  }

  /** Reads and checks everything that is stored, and changes nothing. */
  async verify(options: CallOptions = {}): Promise<Verification> {
    checkCallOptions(options)
    return await this.#run(async () => {
      const { verifySnapshots } = await import('./maintenance.ts')
      return await verifySnapshots(this.#source, options)
    }, options.signal)
  }

  /** Removes all snapshots of this cache, those of newer versions of coldsnap too. Foreign keys stay. */
  async clear(options: CallOptions = {}): Promise<void> {
    checkCallOptions(options)
    await this.#run(async () => {
      this.#forget()
      const { clearSnapshots } = await import('./maintenance.ts')
      await clearSnapshots(this.#source, this.#uncleared, options.signal)
    }, options.signal)
  }

  /** Waits for calls under way and refuses new ones with `CLOSED`. The store stays open. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#queue.idle()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #heed({ problems, fallback }: Report, isFound: boolean): void {
    // What was believed to be stored is not what is there.
    if (!isFound || fallback) this.#forget()
    if (problems.length > 0) tell(this.#options.onReport, { problems, fallback })
  }

  #forget(): void {
    this.#found = undefined
    this.#writing?.writer.forget()
  }

  #learn(found: FoundLoad): void {
    if (this.#writing === undefined) this.#found = found
    else this.#writing.writer.learnLoad(found)
  }

  async #write(): Promise<WriteSide> {
    if (this.#writing !== undefined) return this.#writing
    const side = await import('./write-side.ts')
    this.#writing = { side, ...side.createWriter(this.#source, this.#options, this.#pinned) }
    if (this.#found !== undefined) this.#writing.writer.learnLoad(this.#found)
    this.#found = undefined
    return this.#writing
  }

  #checkOpen(): void {
    if (this.#closed) throw new CacheError('CLOSED', `The cache "${this.name}" is closed`)
  }

  async #run<T>(task: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    this.#checkOpen()
    this.#requests.seal()
    return await this.#queue.run(task, signal)
  }
}

interface WriteSide {
  readonly side: typeof import('./write-side.ts')
  readonly writer: SnapshotWriter
  readonly rules: WriteRules
}

function checkCallOptions(options: CallOptions, more: readonly string[] = []): void {
  checkOptionNames(options, ['signal', 'onProgress', ...more])
}

function checkState(state: object): void {
  const prototype: unknown = typeof state === 'object' && state !== null ? Object.getPrototypeOf(state) : undefined
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError('The state must be a plain object whose fields are its columns')
  }
}
