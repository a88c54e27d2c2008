import { decodeElements } from '../codec/decode.ts'
import { setOwn } from '../codec/set-own.ts'
import { CacheError } from '../errors.ts'
import type { Shape } from './columns.ts'
import { decodeDelta, decodeKeys, fromRuns } from './delta.ts'
import type { HeadColumn, Piece } from './head.ts'
import { objectOrder } from './object-order.ts'
import { decoding, type ReadOptions, readPieces, type Source } from './read-pieces.ts'
import type { Segment } from './segment.ts'

/** The elements of a column as they are stored. All arrays belong to the caller. */
export interface StoredElements {
  slots: number
  /** Keys by slot; `undefined` if they were not asked for. */
  keys: string[] | undefined
  /** Values by slot. A slot that is not live may hold anything. */
  values: unknown[]
  /** Live slots in their order; `undefined` means 0, 1, 2, ... */
  order: number[] | undefined
}

/** Which parts of a column of elements to read. */
export interface Parts {
  readonly keys: boolean
  /** Without the pages, `values` has only what deltas set. */
  readonly pages: boolean
}

/** Reads a column of elements: base, then deltas. An array is read without its keys where nobody asked for them. */
export async function readElements(
  source: Source,
  column: HeadColumn,
  parts: Parts,
  options: ReadOptions,
): Promise<StoredElements> {
  const wanted = (piece: Piece): boolean =>
    piece.role === 'index' ? parts.keys : piece.role === 'page' ? parts.pages : true
  const builder = new ElementsBuilder(parts)
  const use = (segment: Segment): void => {
    decoding(column.name, () => builder.add(segment))
    options.onPiece?.()
  }
  await readPieces(source, column.name, column.pieces.filter(wanted), use, options.signal)
  const elements = decoding(column.name, () => builder.finish(column.count))
  // An element that came later stands last in the store, but its key may make the object enumerate it earlier.
  if (column.shape === 'object') elements.order = objectOrder(elements.keys ?? [], elements.order)
  return elements
}

/** The elements of one page. */
export async function readPage(
  source: Source,
  column: string,
  piece: Piece,
  signal: AbortSignal | undefined,
): Promise<unknown[]> {
  let values: unknown[] = []
  const use = (segment: Segment): void => {
    values = decoding(column, () => decodeElements(segment.codec, segment.payload, segment.count))
  }
  await readPieces(source, column, [piece], use, signal)
  return values
}

/** The value of a column from its elements. */
export function toValue(shape: Shape, elements: StoredElements): unknown {
  const { keys, values, order } = elements
  if (shape === 'array') return order === undefined ? values : order.map(slot => values[slot])
  const slots = order ?? values.keys()
  if (shape === 'map') {
    const map = new Map<string, unknown>()
    for (const slot of slots) map.set(keys![slot]!, values[slot])
    return map
  }
  const object: Record<string, unknown> = {}
  for (const slot of slots) setOwn(object, keys![slot]!, values[slot])
  return object
}

class ElementsBuilder {
  readonly #elements: StoredElements
  readonly #parts: Parts
  #baseSlots: number | undefined
  #isBaseClosed = false
  readonly #pages: unknown[][] = []
  // Slots above the base that were given an element.
  readonly #added = new Set<number>()

  constructor(parts: Parts) {
    this.#elements = {
      slots: 0,
      keys: parts.keys ? [] : undefined,
      values: [],
      order: undefined,
    }
    this.#parts = parts
  }

  add(segment: Segment): void {
    const elements = this.#elements
    if (segment.role === 'index') {
      elements.keys = decodeKeys(segment.payload, segment.count)
      this.#baseSlots = segment.count
    } else if (segment.role === 'page') {
      this.#pages.push(decodeElements(segment.codec, segment.payload, segment.count))
    } else this.#addDelta(segment)
  }

  #closeBase(): void {
    if (this.#isBaseClosed) return
    this.#isBaseClosed = true
    const { keys } = this.#elements
    const values = joined(this.#pages)
    this.#elements.values = values
    if (this.#parts.pages && keys !== undefined && keys.length !== values.length) {
      throw new CacheError('CORRUPT', `Cannot read base: ${keys.length} keys for ${values.length} elements`)
    }
    this.#baseSlots ??= values.length
    this.#elements.slots = this.#baseSlots
  }

  #addDelta(segment: Segment): void {
    this.#closeBase()
    const elements = this.#elements
    const delta = decodeDelta(segment.payload, segment.count)
    const values = decodeElements(segment.codec, delta.values, segment.count)
    if (delta.slots < elements.slots || delta.slots > elements.slots + segment.count) {
      throw new CacheError('CORRUPT', `Cannot read delta: ${elements.slots} slots before it, ${delta.slots} after`)
    }
    for (const [i, slot] of delta.setSlots.entries()) {
      if (slot >= elements.slots) this.#added.add(slot)
      if (elements.keys !== undefined) elements.keys[slot] = delta.setKeys[i]!
      elements.values[slot] = values[i]
    }
    if (delta.runs !== undefined) elements.order = fromRuns(delta.runs, delta.slots)
    else if (elements.order !== undefined) {
      for (let slot = elements.slots; slot < delta.slots; slot++) elements.order.push(slot)
    }
    elements.slots = delta.slots
  }

  finish(count: number): StoredElements {
    this.#closeBase()
    const elements = this.#elements
    const live = elements.order?.length ?? elements.slots
    if (live !== count) throw new CacheError('CORRUPT', `Cannot read column: ${live} elements, the head says ${count}`)
    this.#checkAdded()
    return elements
  }

  // A slot above the base that is live, but that no delta filled, would read as undefined.
  #checkAdded(): void {
    const base = this.#baseSlots!
    const { order, slots } = this.#elements
    if (order === undefined) {
      for (let slot = base; slot < slots; slot++) this.#needAdded(slot)
    } else for (const slot of order) if (slot >= base) this.#needAdded(slot)
  }

  #needAdded(slot: number): void {
    if (!this.#added.has(slot)) throw new CacheError('CORRUPT', `Cannot read column: slot ${slot} holds no element`)
  }
}

// An engine joins arrays much faster than it appends elements, but takes only so many arguments.
function joined(pages: unknown[][]): unknown[] {
  let values = pages[0] ?? []
  for (let i = 1; i < pages.length; i += 1024) values = values.concat(...pages.slice(i, i + 1024))
  return values
}
