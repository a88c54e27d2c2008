import { ByteReader } from '../bytes/byte-reader.ts'
import { ByteWriter } from '../bytes/byte-writer.ts'
import { utf8Decode, utf8Encode } from '../bytes/utf8.ts'
import { CacheError } from '../errors.ts'

/**
 * A change of a column of elements. Every element has a slot: its place in the base, or the next free number if it came
 * later. A slot is never given to another element before the next base.
 */
export interface Delta {
  /** How many slots have been given out, this delta included. */
  readonly slots: number
  /** Slots whose element is new or changed. */
  readonly setSlots: readonly number[]
  /** The keys of these elements. */
  readonly setKeys: readonly string[]
  /**
   * The column's whole order as runs `[first slot, length]`; a slot in no run is removed.
   * `undefined`: as before, then the new slots in ascending order.
   */
  readonly runs: readonly Run[] | undefined
  /** The elements of `setSlots`, encoded as an array. */
  readonly values: Uint8Array
}

export type Run = readonly [first: number, length: number]

const orderKept = 0xffffffff

/** The payload of a delta segment; docs/FORMAT.md section 3.4. */
export function encodeDelta(delta: Delta): Uint8Array {
  const writer = new ByteWriter()
  const keys = utf8Encode(JSON.stringify(delta.setKeys))
  writer.u32(delta.slots)
  writer.u32(delta.runs === undefined ? orderKept : delta.runs.length)
  for (const slot of delta.setSlots) writer.u32(slot)
  for (const [first, length] of delta.runs ?? []) {
    writer.u32(first)
    writer.u32(length)
  }
  writer.u32(keys.byteLength)
  writer.bytes(keys)
  writer.bytes(delta.values)
  return writer.finish()
}

/** Reads what {@link encodeDelta} wrote; `values` is a view of `bytes`. Throws `CORRUPT`. */
export function decodeDelta(bytes: Uint8Array, count: number): Delta {
  const reader = new ByteReader(bytes, 'delta')
  const slots = reader.u32()
  const runCount = reader.u32()
  const setSlots: number[] = []
  for (let i = 0; i < count; i++) setSlots.push(checkSlot(reader.u32(), slots))
  let runs: Run[] | undefined
  if (runCount !== orderKept) {
    runs = []
    let total = 0
    for (let i = 0; i < runCount; i++) {
      const first = checkSlot(reader.u32(), slots)
      const length = reader.u32()
      total += length
      // Each slot stands in one run at the most, so the lengths of all runs add up to no more than the slots.
      if (length === 0 || first + length > slots || total > slots) throw corrupt('a run is out of range')
      runs.push([first, length])
    }
  }
  const setKeys = decodeKeys(reader.take(reader.u32()), count)
  return { slots, setSlots, setKeys, runs, values: reader.take(reader.remaining) }
}

function checkSlot(slot: number, slots: number): number {
  if (slot >= slots) throw corrupt(`slot ${slot} of ${slots}`)
  return slot
}

/** The bytes of a list of keys. */
export function encodeKeys(keys: readonly string[]): Uint8Array {
  return utf8Encode(JSON.stringify(keys))
}

/** Reads a list of exactly `count` keys; throws `CORRUPT`. */
export function decodeKeys(bytes: Uint8Array, count: number): string[] {
  let keys: unknown
  try {
    keys = JSON.parse(utf8Decode(bytes))
  } catch (cause) {
    throw new CacheError('CORRUPT', 'Cannot read keys: they are not JSON', { cause })
  }
  if (!Array.isArray(keys) || keys.length !== count || !keys.every(key => typeof key === 'string')) {
    throw corrupt(`not a list of ${count} keys`)
  }
  return keys
}

/** The runs of `order`. */
export function toRuns(order: readonly number[]): Run[] {
  const runs: [number, number][] = []
  let last: [number, number] | undefined
  for (const slot of order) {
    if (last !== undefined && slot === last[0] + last[1]) last[1]++
    else {
      last = [slot, 1]
      runs.push(last)
    }
  }
  return runs
}

/** The order of slots that `runs` spell; throws `CORRUPT` if a slot comes twice. */
export function fromRuns(runs: readonly Run[], slots: number): number[] {
  const seen = new Uint8Array(slots)
  const order: number[] = []
  for (const [first, length] of runs) {
    for (let slot = first; slot < first + length; slot++) {
      if (seen[slot] === 1) throw corrupt(`slot ${slot} comes twice`)
      seen[slot] = 1
      order.push(slot)
    }
  }
  return order
}

function corrupt(found: string): CacheError {
  return new CacheError('CORRUPT', `Cannot read delta: ${found}`)
}
