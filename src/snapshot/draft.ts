import { utf8Length } from '../bytes/utf8.ts'
import { type CodecName, codecIds } from '../codec/codec.ts'
import { type EncodedElements, encodeElements, encodeValue } from '../codec/encode.ts'
import { isCacheError } from '../errors.ts'
import type { Shape } from './columns.ts'
import { encodeDelta, encodeKeys } from './delta.ts'
import type { Detector, Shadow } from './detector.ts'
import type { Change } from './element-table.ts'
import { pageCodec } from './page-codec.ts'
import type { Segment } from './segment.ts'

/** A column's elements in their order. */
export interface Elements {
  readonly shape: Shape
  readonly keys: readonly string[]
  readonly values: readonly unknown[]
}

// A page is what one read, one digest and one decode handle: large enough that their cost disappears,
// small enough that one element can be had for little.
const pageBytes = 1 << 20
const maxPageElements = 1024
const samples = 16

/** The segment of a plain column. Throws `UNSUPPORTED_VALUE` with the path of what cannot be kept. */
export function draftValue(column: string, value: unknown, codec: CodecName): Segment[] {
  const encoded = encodeValue(value, codec, column)
  return [{ role: 'value', codec: encoded.codec, count: 1, payload: encoded.bytes }]
}

/** A new base: its index and its pages, and the shadows of the elements. */
export interface DraftedBase {
  readonly segments: readonly Segment[]
  readonly shadows: Shadow[]
}

/** Makes a new base. Throws `UNSUPPORTED_VALUE`. */
export function draftBase(column: string, elements: Elements, codec: CodecName, detector: Detector): DraftedBase {
  const { keys, values } = elements
  const segments: Segment[] = [{ role: 'index', codec: codecIds.json, count: keys.length, payload: encodeKeys(keys) }]
  const shadows: Shadow[] = []
  const length = pageLength(values, codec)
  const ofPages = pageCodec('base', codec, values.length)
  for (let first = 0; first < values.length; first += length) {
    const page = values.slice(first, first + length)
    const encoded = encodeWithPath(page, ofPages, i => pathOf(column, elements, first + i))
    segments.push({ role: 'page', codec: encoded.codec, count: page.length, payload: encoded.bytes })
    for (const shadow of detector.shadows(page, encoded.content)) shadows.push(shadow)
  }
  return { segments, shadows }
}

/** The segment of a change. Throws `UNSUPPORTED_VALUE`. */
export function draftDelta(column: string, change: Change, elements: Elements, codec: CodecName): Segment {
  const values = change.positions.map(position => elements.values[position])
  const ofDelta = pageCodec('delta', codec, values.length)
  const encoded = encodeWithPath(values, ofDelta, i => pathOf(column, elements, change.positions[i]!))
  const payload = encodeDelta({ ...change, values: encoded.bytes })
  return { role: 'delta', codec: encoded.codec, count: values.length, payload }
}

// The encoder is not told where its array stands in the column; only after a refusal is it worth finding out.
function encodeWithPath(
  values: readonly unknown[],
  codec: CodecName | 'pages',
  path: (i: number) => string,
): EncodedElements {
  try {
    return encodeElements(values, codec, '')
  } catch (error) {
    if (isCacheError(error, 'UNSUPPORTED_VALUE')) {
      for (const [i, value] of values.entries()) encodeValue(value, codec === 'pages' ? 'auto' : codec, path(i))
    }
    throw error
  }
}

function pathOf(column: string, elements: Elements, position: number): string {
  if (elements.shape === 'array') return `${column}[${position}]`
  const key = elements.keys[position]!
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `${column}.${key}` : `${column}[${JSON.stringify(key)}]`
}

// Elements of a page, judged by some samples.
function pageLength(values: readonly unknown[], codec: CodecName): number {
  if (values.length === 0) return 1
  let bytes = 0
  let count = 0
  const step = Math.max(1, Math.floor(values.length / samples))
  for (let i = 0; i < values.length; i += step, count++) bytes += sampleBytes(values[i], codec)
  return Math.max(1, Math.min(maxPageElements, Math.floor((pageBytes * count) / Math.max(1, bytes))))
}

function sampleBytes(value: unknown, codec: CodecName): number {
  if (typeof value === 'string') return utf8Length(value)
  // A value that is refused here is refused again, with its path, when its page is encoded.
  try {
    return encodeValue(value, codec, '').bytes.byteLength
  } catch {
    return 1
  }
}
