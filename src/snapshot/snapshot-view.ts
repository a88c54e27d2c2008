import { checkSignal } from '../core/check.ts'
import { CacheError } from '../errors.ts'
import { elementKey } from './belief.ts'
import type { CallOptions } from './call-options.ts'
import type { HeadColumn, Piece } from './head.ts'
import type { OpenedHead } from './head-seal.ts'
import { ageMs, type LoadRules, loadState } from './load-state.ts'
import { readColumn } from './read-column.ts'
import { readElements, readPage } from './read-elements.ts'
import { walkHeads } from './read-heads.ts'
import type { Source } from './read-pieces.ts'
import { HeadProblem, type Problem } from './report.ts'

/** The element of a column of elements. */
export type ElementOf<Value> =
  NonNullable<Value> extends readonly (infer Element)[]
    ? Element
    : NonNullable<Value> extends ReadonlyMap<string, infer Element>
      ? Element
      : NonNullable<Value> extends Readonly<Record<string, infer Element>>
        ? Element
        : never

/**
 * One snapshot, read column by column and element by element, each when it is first asked for. Everything it gives is
 * of that one snapshot, whatever is stored in the meantime: the cache it came from spares what an open view may still
 * read; a write by another process may take it away (`VIEW_EXPIRED`). Damaged bytes are `CORRUPT`. Close it.
 */
export interface SnapshotView<State> {
  /** Counts snapshots; a later one has a higher number. */
  readonly generation: number
  /** When it was stored, by the clock of whoever stored it. */
  readonly savedAt: Date
  /** How long ago that was when the view was opened, in milliseconds, never negative. */
  readonly ageMs: number
  /** Names of the columns, in the order of the state's fields. */
  readonly columns: readonly string[]
  /** The value of a column; `undefined` if there is no such column. The same object at every call. */
  get<Name extends keyof State & string>(column: Name, options?: CallOptions): Promise<State[Name] | undefined>
  /**
   * One element by its key; `undefined` if there is none. Reads the index and one page, not the column. The same object
   * may be given again.
   */
  element<Name extends keyof State & string>(
    column: Name,
    key: string | number,
    options?: CallOptions,
  ): Promise<ElementOf<State[Name]> | undefined>
  /** The keys of a column of elements in their order; empty for a plain column or none. */
  keys<Name extends keyof State & string>(column: Name, options?: CallOptions): Promise<string[]>
  /** Lets go of the snapshot, whose segments may then be removed. Closing twice succeeds. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export interface OpenedView<State> {
  readonly view: SnapshotView<State> | undefined
  readonly problems: readonly Problem[]
  readonly fallback: boolean
}

/** Opens a view of the newest head that can be read; `pinned` has its head while it is open. */
export async function openView<State extends object>(
  source: Source,
  rules: LoadRules,
  pinned: Set<OpenedHead>,
  { signal }: CallOptions,
): Promise<OpenedView<State>> {
  // Of a snapshot of this schema nothing needs to be read yet. One that must be migrated is read whole.
  const names = (head: OpenedHead): string[] | undefined =>
    head.schemaVersion === rules.schemaVersion ? [] : undefined
  const found = await walkHeads(
    source,
    async (head, note) => await loadState(source, head, names(head), rules, { signal }, note),
    signal,
  )
  const { head, result, problems, fallback } = found
  if (head === undefined || result === undefined) return { view: undefined, problems, fallback }
  const migrated = names(head) === undefined ? result.state : undefined
  return { view: new LazyView<State>(source, rules, head, migrated, pinned), problems, fallback }
}

class LazyView<State extends object> implements SnapshotView<State> {
  readonly generation: number
  readonly savedAt: Date
  readonly ageMs: number
  readonly columns: readonly string[]
  readonly #source: Source
  readonly #rules: LoadRules
  readonly #head: OpenedHead
  readonly #migrated: Record<string, unknown> | undefined
  readonly #pinned: Set<OpenedHead>
  readonly #values = new Map<string, Promise<unknown>>()
  readonly #indexes = new Map<string, Promise<ColumnIndex>>()
  #page: { readonly piece: Piece; readonly values: readonly unknown[] } | undefined

  constructor(
    source: Source,
    rules: LoadRules,
    head: OpenedHead,
    migrated: Record<string, unknown> | undefined,
    pinned: Set<OpenedHead>,
  ) {
    this.#source = source
    this.#rules = rules
    this.#head = head
    this.#migrated = migrated
    this.#pinned = pinned
    this.generation = head.generation
    this.savedAt = new Date(head.savedAtMs)
    this.ageMs = ageMs(head, rules.now())
    this.columns = migrated === undefined ? head.columns.map(column => column.name) : Object.keys(migrated)
    pinned.add(head)
  }

  async get<Name extends keyof State & string>(
    name: Name,
    options: CallOptions = {},
  ): Promise<State[Name] | undefined> {
    const column = this.#find(name, options)
    if (this.#migrated !== undefined) return this.#migrated[name] as State[Name]
    if (column === undefined) return undefined
    return (await this.#once(this.#values, name, () => this.#readValue(column, options))) as State[Name]
  }

  async #readValue(column: HeadColumn, options: CallOptions): Promise<unknown> {
    const value = await readColumn(this.#source, column, options)
    const schema = Object.hasOwn(this.#rules.schemas, column.name) ? this.#rules.schemas[column.name] : undefined
    if (schema === undefined) return value
    const result = await schema['~standard'].validate(value)
    if (result.issues === undefined) return result.value
    throw new CacheError('CORRUPT', `Column "${column.name}" does not fit its schema`, { cause: result.issues })
  }

  async element<Name extends keyof State & string>(
    name: Name,
    key: string | number,
    options: CallOptions = {},
  ): Promise<ElementOf<State[Name]> | undefined> {
    const column = this.#find(name, options)
    if (this.#migrated !== undefined)
      return this.#search(name, this.#migrated[name], String(key)) as ElementOf<State[Name]>
    if (column === undefined) return undefined
    if (column.shape === 'plain') return await this.#searchPlain(column, name, String(key), options)
    const index = await this.#once(this.#indexes, name, () => this.#readIndex(column, options))
    const slot = index.slotOf.get(String(key))
    if (slot !== undefined) {
      const element = await this.#reading(() => this.#readSlot(column, index, slot, options))
      if (this.#hasKey(column, index, element, String(key))) return element as ElementOf<State[Name]>
    } else if (await this.#isOfSpec(column, index, options)) return undefined
    return this.#search(name, await this.get(name, options), String(key)) as ElementOf<State[Name]>
  }

  async keys<Name extends keyof State & string>(name: Name, options: CallOptions = {}): Promise<string[]> {
    const column = this.#find(name, options)
    if (this.#migrated !== undefined) return this.#keysOf(name, this.#migrated[name])
    if (column === undefined) return []
    if (column.shape === 'plain') return this.#isPlain(name) ? [] : this.#keysOf(name, await this.get(name, options))
    const index = await this.#once(this.#indexes, name, () => this.#readIndex(column, options))
    const isOfSpec = await this.#isOfSpec(column, index, options)
    return isOfSpec ? [...index.slotOf.keys()] : this.#keysOf(name, await this.get(name, options))
  }

  // Stored before the column had a spec, or with a value that has no elements.
  async #searchPlain<Name extends keyof State & string>(
    column: HeadColumn,
    name: Name,
    key: string,
    options: CallOptions,
  ): Promise<ElementOf<State[Name]> | undefined> {
    if (this.#isPlain(column.name)) return undefined
    return this.#search(name, await this.get(name, options), key) as ElementOf<State[Name]> | undefined
  }

  #isPlain(name: string): boolean {
    return this.#rules.specOf(name).kind === 'plain'
  }

  async close(): Promise<void> {
    this.#pinned.delete(this.#head)
    this.#values.clear()
    this.#indexes.clear()
    this.#page = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #find(name: string, options: CallOptions): HeadColumn | undefined {
    if (!this.#pinned.has(this.#head)) throw new CacheError('CLOSED', 'The view is closed')
    checkSignal(options.signal)
    return this.#head.columns.find(column => column.name === name)
  }

  // One read for all who ask; one that failed is tried again.
  async #once<T>(memory: Map<string, Promise<T>>, name: string, read: () => Promise<T>): Promise<T> {
    const shared = memory.get(name)
    if (shared !== undefined) {
      try {
        return await shared
      } catch {
        // Whoever began it may have aborted it; this caller has not, or hears of it from a read of its own.
      }
    }
    const reading = this.#reading(read)
    memory.set(name, reading)
    reading.catch(() => memory.get(name) === reading && memory.delete(name))
    return await reading
  }

  async #reading<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read()
    } catch (error) {
      if (!(error instanceof HeadProblem)) throw error
      const { code, message, key } = error.problem
      throw new CacheError(code === 'SEGMENT_MISSING' ? 'VIEW_EXPIRED' : 'CORRUPT', message, { cause: error, key })
    }
  }

  async #readIndex(column: HeadColumn, options: CallOptions): Promise<ColumnIndex> {
    const parts = { keys: true, pages: false }
    const stored = await readElements(this.#source, column, parts, options)
    const slotOf = new Map<string, number>()
    for (const slot of stored.order ?? stored.keys!.keys()) slotOf.set(stored.keys![slot]!, slot)
    return { slotOf, changed: stored.values, isOfSpec: undefined }
  }

  // Keys are made by the spec of whoever wrote them. Any one element tells whether that is still the spec of this cache.
  async #isOfSpec(column: HeadColumn, index: ColumnIndex, options: CallOptions): Promise<boolean> {
    const [first] = index.slotOf
    if (index.isOfSpec !== undefined) return index.isOfSpec
    if (first === undefined || !this.#isKeyed(column)) return true
    const element = await this.#reading(() => this.#readSlot(column, index, first[1], options))
    return this.#hasKey(column, index, element, first[0])
  }

  #hasKey(column: HeadColumn, index: ColumnIndex, element: unknown, key: string): boolean {
    if (!this.#isKeyed(column)) return true
    try {
      index.isOfSpec = elementKey(column.name, this.#rules.specOf(column.name), element, 0) === key
    } catch {
      index.isOfSpec = false
    }
    return index.isOfSpec
  }

  #isKeyed(column: HeadColumn): boolean {
    return column.shape === 'array' && this.#rules.specOf(column.name).kind === 'keyed'
  }

  // What a delta set, else what the page of the slot holds. The last page is kept: look-ups often come in runs.
  async #readSlot(column: HeadColumn, index: ColumnIndex, slot: number, { signal }: CallOptions): Promise<unknown> {
    if (slot in index.changed) return index.changed[slot]
    let first = 0
    for (const piece of column.pieces) {
      if (piece.role !== 'page') continue
      if (slot < first + piece.count) {
        if (this.#page?.piece !== piece) {
          this.#page = { piece, values: await readPage(this.#source, column.name, piece, signal) }
        }
        return this.#page.values[slot - first]
      }
      first += piece.count
    }
    return undefined
  }

  #search(name: string, value: unknown, key: string): unknown {
    const keys = this.#keysOf(name, value)
    const position = keys.indexOf(key)
    if (position < 0) return undefined
    if (Array.isArray(value)) return value[position]
    return value instanceof Map ? value.get(key) : (value as Record<string, unknown>)[key]
  }

  #keysOf(name: string, value: unknown): string[] {
    if (Array.isArray(value)) {
      const spec = this.#rules.specOf(name)
      return spec.kind === 'keyed' ? value.map((element, i) => elementKey(name, spec, element, i)) : []
    }
    if (value instanceof Map) return [...value.keys()].map(String)
    return typeof value === 'object' && value !== null ? Object.keys(value) : []
  }
}

interface ColumnIndex {
  readonly slotOf: ReadonlyMap<string, number>
  /** By slot, the elements that deltas set; the others are in their pages. */
  readonly changed: readonly unknown[]
  /** Whether the keys are those that this cache's spec makes; `undefined` until an element has told. */
  isOfSpec: boolean | undefined
}
