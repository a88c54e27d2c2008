import { CacheError, isCacheError } from '../errors.ts'
import { type Belief, believeStored, type ColumnBelief, checkKeys, findColumn } from './belief.ts'
import type { CallOptions } from './call-options.ts'
import type { ColumnSpec } from './columns.ts'
import { type ColumnPlan, commit } from './commit.ts'
import type { Detector } from './detector.ts'
import { isOfFailedCommit, noteCommit, noteCommitted } from './failed-commits.ts'
import type { HeadColumn } from './head.ts'
import type { OpenedHead } from './head-seal.ts'
import { afterCommit, findGarbage, type Inventory, namedKeys, sweep, takeInventory } from './inventory.ts'
import { maxGeneration } from './keys.ts'
import { changeAs, isLastWriter, noteWriter } from './last-writer.ts'
import type { LoadedColumn } from './load-state.ts'
import { readColumn } from './read-column.ts'
import { readElements, type StoredElements, toValue } from './read-elements.ts'
import { readHead } from './read-heads.ts'
import { readPieces, type Source } from './read-pieces.ts'
import { HeadProblem } from './report.ts'
import type { ResolvedOptions } from './snapshot-options.ts'

/** The options of a cache, and how it tells what changed. */
export interface WriteRules extends ResolvedOptions {
  readonly detector: Detector
}

/** What a load came upon. */
export interface FoundLoad {
  readonly head: OpenedHead
  readonly asStored: ReadonlyMap<string, LoadedColumn>
  /** Whether all columns were read; of those that are arrays, perhaps not the keys. */
  readonly isWhole: boolean
  /** When, by the clock of the cache. */
  readonly atMs: number
}

/** What a commit brought about. */
export interface Written {
  readonly generation: number
  readonly bytes: number
  /** The error that kept old keys from being removed; the next write tries again. */
  readonly sweepError?: unknown
}

// State that is never changed in place is compared with the store itself no oftener than this.
const trustMs = 1_000

/** The half of a cache that changes the store: what is believed to be there, the order of commit, the sweep. */
export class SnapshotWriter {
  readonly source: Source
  readonly options: WriteRules
  readonly #pinned: ReadonlySet<OpenedHead>
  // Heads of which every segment was there and in order when this cache last had it in hand.
  readonly #whole = new WeakSet<OpenedHead>()
  #belief: Belief | undefined
  // All keys, as far as this cache knows: the last listing, and what it wrote and removed since.
  #inventory: Inventory | undefined
  #generation = 0
  #checkedAtMs = Number.NEGATIVE_INFINITY

  /** The segments of `pinned` heads are spared: open views read from them. */
  constructor(source: Source, options: WriteRules, pinned: ReadonlySet<OpenedHead>) {
    this.#pinned = pinned
    this.source = source
    this.options = options
  }

  get belief(): Belief | undefined {
    return this.#belief
  }

  /** Forgets what is believed to be stored: the next write looks. */
  forget(): void {
    this.#belief = undefined
    this.#inventory = undefined
    this.#checkedAtMs = Number.NEGATIVE_INFINITY
  }

  /** Takes over what a load found. What is known already of the same head stays. */
  learnLoad({ head, asStored, isWhole, atMs }: FoundLoad): void {
    const known = this.#belief
    const isSame = known !== undefined && isSameId(known.head, head)
    if (isWhole || (isSame && this.#whole.has(known.head))) this.#whole.add(head)
    const columns = new Map<string, ColumnBelief>()
    for (const [name, loaded] of asStored) {
      const belief = this.#believeLoaded(name, loaded)
      if (belief !== undefined) columns.set(name, belief)
    }
    this.#belief = { head, columns: new Map([...columns, ...(isSame ? known.columns : [])]) }
    if (!isSame) this.#inventory = undefined
    // Whoever read a part knows nothing of the rest.
    if (isWhole) this.#checkedAtMs = atMs
    else if (!isSame) this.#checkedAtMs = Number.NEGATIVE_INFINITY
  }

  // What another spec stored is no ground to write changes on.
  #believeLoaded(name: string, { value, elements }: LoadedColumn): ColumnBelief | undefined {
    const { detector, specOf } = this.options
    const spec = specOf(name)
    if (elements === undefined) return { value, hasValue: true, shadow: detector.shadow(value), table: undefined }
    if (!Array.isArray(value)) {
      return spec.kind === 'entries' ? believeStored(name, spec, value, elements, detector) : undefined
    }
    if (elements.keys === undefined || !hasKeysOf(name, spec, elements)) return undefined
    return believeStored(name, spec, value, elements, detector)
  }

  /** Takes over what a comparison with the newest head found: all of it is as it was. */
  confirmHead(columns: Map<string, ColumnBelief>): void {
    if (this.#belief !== undefined) this.#belief = { head: this.#belief.head, columns }
  }

  /** Whether the belief was held against the store so short a time ago that it need not be again. */
  get isTrusted(): boolean {
    const isFresh = Math.abs(this.options.now() - this.#checkedAtMs) <= trustMs
    return this.options.immutable && this.#belief !== undefined && isFresh
  }

  get #isAlone(): boolean {
    return this.source.store.exclusive === true && isLastWriter(this.source, this)
  }

  /**
   * Holds the belief against what is stored (one that is alone does so once a second) and builds a new one on the newest
   * head if it does not stand. Afterwards {@link belief} is the newest head that can be built on, or `undefined`. Throws
   * `FORMAT_NEWER`.
   */
  async check(signal: AbortSignal | undefined): Promise<Inventory> {
    // Whether it is alone may take a look at the disk: asked last.
    if (this.#inventory !== undefined && this.isTrusted && this.#isAlone) return this.#inventory
    noteWriter(this.source, this)
    const inventory = await takeInventory(this.source, signal)
    this.#generation = Math.max(this.#generation, inventory.generation)
    const believed = this.#belief?.head
    const isNewest = believed !== undefined && inventory.heads[0]?.key === this.source.keys.head(believed)
    if (!isNewest || !this.#isComplete(believed, inventory)) {
      this.forget()
      const head = await this.#findHead(inventory, signal)
      if (head !== undefined) this.#belief = { head, columns: new Map() }
    }
    this.#checkedAtMs = this.options.now()
    this.#inventory = inventory
    return inventory
  }

  #isComplete(head: OpenedHead, inventory: Inventory): boolean {
    for (const key of namedKeys(this.source.keys, head)) if (!inventory.segments.has(key)) return false
    return true
  }

  /**
   * Makes sure that what a partial write leaves as it is can be read; goes back to the snapshot before if it cannot, as a
   * load does. Built on a broken one, the write would push the last good one out. `rewritten` columns need not be whole.
   */
  async ensureWhole(
    inventory: Inventory,
    rewritten: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    let { heads } = inventory
    for (let belief = this.#belief; belief !== undefined && !this.#whole.has(belief.head); belief = this.#belief) {
      if (await this.#isWhole(belief.head, rewritten, signal)) return
      const key = this.source.keys.head(belief.head)
      heads = heads.filter(listed => listed.key < key)
      const head = await this.#findHead({ ...inventory, heads }, signal)
      this.#belief = head === undefined ? undefined : { head, columns: new Map() }
    }
  }

  async #isWhole(head: OpenedHead, rewritten: readonly string[], signal: AbortSignal | undefined): Promise<boolean> {
    try {
      for (const { name, pieces } of head.columns) {
        if (!rewritten.includes(name)) await readPieces(this.source, name, pieces, () => undefined, signal)
      }
      return true
    } catch (error) {
      if (error instanceof HeadProblem) return false
      throw error
    }
  }

  async #findHead(inventory: Inventory, signal: AbortSignal | undefined): Promise<OpenedHead | undefined> {
    for (const listed of inventory.heads) {
      try {
        const head = await readHead(this.source, listed, signal)
        if (head !== undefined && this.#isComplete(head, inventory)) return head
      } catch (error) {
        if (!(error instanceof HeadProblem)) throw error
        const { code, message, key } = error.problem
        if (code === 'FORMAT_NEWER') throw new CacheError('FORMAT_NEWER', message, { cause: error.problem.cause, key })
      }
    }
    return undefined
  }

  /** Whether what is believed came to be stored by a commit that failed: "unchanged" would promise what nobody knows. */
  get isUncertain(): boolean {
    return this.#belief !== undefined && isOfFailedCommit(this.source, this.#belief.head.generation)
  }

  /** Whether what is stored must be written anew whole: it is sealed with another key, or not at all. */
  get mustRewrite(): boolean {
    return this.#belief !== undefined && this.#belief.head.keyId !== this.source.cipher?.keyId
  }

  /**
   * Reads what is stored of `columns` of which nothing is believed, so that they can be compared. A column that cannot
   * be read stays unknown, and is then written whole.
   */
  async learn(columns: Iterable<string>, signal: AbortSignal | undefined): Promise<void> {
    const belief = this.#belief
    if (belief === undefined || this.mustRewrite) return
    for (const name of columns) {
      const stored = findColumn(belief.head, name)
      const known = belief.columns.get(name)
      const isKnown = known !== undefined && (known.table === undefined || known.table.shadows !== undefined)
      if (stored === undefined || isKnown) continue
      try {
        belief.columns.set(name, await this.#readBelief(stored, signal))
      } catch (error) {
        if (isCacheError(error, 'ABORTED') || isCacheError(error, 'CLOSED')) throw error
        belief.columns.delete(name)
      }
    }
  }

  async #readBelief(column: HeadColumn, signal: AbortSignal | undefined): Promise<ColumnBelief> {
    const { detector, specOf } = this.options
    if (column.shape === 'plain') {
      const value = await readColumn(this.source, column, { signal })
      return { value: undefined, hasValue: false, shadow: detector.shadow(value), table: undefined }
    }
    const stored = await readElements(this.source, column, { keys: true, pages: true }, { signal })
    const spec = specOf(column.name)
    if (column.shape === 'array') checkKeys(column.name, spec, stored)
    const value = toValue(column.shape, stored)
    return { ...believeStored(column.name, spec, value, stored, detector), hasValue: false }
  }

  /**
   * Commits `columns` as the next snapshot and sweeps. `columns` holds the beliefs to keep afterwards. Whatever goes
   * wrong, nothing is believed any more.
   */
  async commit(
    columns: readonly ColumnPlan[],
    beliefs: Map<string, ColumnBelief>,
    inventory: Inventory,
    options: CallOptions,
    savedAtMs: number = this.options.now(),
  ): Promise<Written> {
    const write = (): Promise<Written> => this.#commit(columns, beliefs, inventory, options, savedAtMs)
    return await changeAs(this.source, this, write)
  }

  async #commit(
    columns: readonly ColumnPlan[],
    beliefs: Map<string, ColumnBelief>,
    inventory: Inventory,
    { signal, onProgress }: CallOptions,
    savedAtMs: number,
  ): Promise<Written> {
    const previous = this.#belief?.head
    this.#belief = undefined
    this.#inventory = undefined
    const { codec, compress, schemaVersion } = this.options
    if (this.#generation >= maxGeneration) throw new CacheError('CORRUPT', 'Cannot write: no generation is left')
    const id = { generation: ++this.#generation, nonce: randomNonce() }
    const plan = { ...id, savedAtMs, schemaVersion, columns }
    noteCommit(this.source, id.generation)
    const { head, bytes } = await commit(this.source, plan, { codec, compress, signal, onProgress })
    const opened = { ...head, keyId: this.source.cipher?.keyId }
    this.#belief = { head: opened, columns: beliefs }
    noteCommitted(this.source)
    // All of it was written now, or read or checked before.
    this.#whole.add(opened)
    const older = previous === undefined ? [] : [previous]
    const sweepError = await this.#sweep(inventory, [opened, ...older, ...this.#pinned], signal)
    const written = { generation: head.generation, bytes }
    return sweepError === undefined ? written : { ...written, sweepError }
  }

  // The snapshot is stored by now: neither an abort nor a failure here may make the call look as if it were not. But an
  // abort ends it: a store that hangs in a removal would keep the cache from its next call for ever.
  async #sweep(
    inventory: Inventory,
    kept: readonly [OpenedHead, ...OpenedHead[]],
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    const { keys, store } = this.source
    try {
      const garbage = findGarbage(keys, inventory, kept)
      await sweep(store, garbage, signal)
      this.#inventory = afterCommit(keys, inventory, kept[0], garbage)
      return undefined
    } catch (error) {
      return error
    }
  }
}

function hasKeysOf(name: string, spec: ColumnSpec<never>, elements: StoredElements): boolean {
  try {
    checkKeys(name, spec, elements)
    return true
  } catch {
    return false
  }
}

function isSameId(a: OpenedHead, b: OpenedHead): boolean {
  return a.generation === b.generation && a.nonce === b.nonce
}

// Unique is all it must be, not secret. Loading a module for random bytes would cost a first write some milliseconds.
function randomNonce(): string {
  const half = (): string =>
    Math.floor(Math.random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0')
  return half() + half()
}
