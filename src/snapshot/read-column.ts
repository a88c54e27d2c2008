import { codecIds } from '../codec/codec.ts'
import { decodeJson } from '../codec/decode-json.ts'
import type { HeadColumn } from './head.ts'
import { decoding, type ReadOptions, readPieces, type Source } from './read-pieces.ts'
import type { Segment } from './segment.ts'

/** Reads the value of a column, whole. Throws HeadProblem for anything wrong with the bytes. */
export async function readColumn(source: Source, column: HeadColumn, options: ReadOptions): Promise<unknown> {
  if (column.shape === 'plain') return await readPlain(source, column, options)
  const { readElements, toValue } = await import('./read-elements.ts')
  const parts = { keys: column.shape !== 'array' || options.everything === true, pages: true }
  return toValue(column.shape, await readElements(source, column, parts, options))
}

/** Reads the value of a plain column. */
async function readPlain(source: Source, column: HeadColumn, options: ReadOptions): Promise<unknown> {
  let segment: Segment | undefined
  const use = (opened: Segment): void => {
    segment = opened
  }
  await readPieces(source, column.name, column.pieces, use, options.signal)
  const { codec, payload } = segment!
  // What a start reads first is mostly JSON: it does without the decoders.
  const value =
    codec === codecIds.json
      ? decoding(column.name, () => decodeJson(payload))
      : await decodeOther(column.name, codec, payload)
  options.onPiece?.()
  return value
}

async function decodeOther(column: string, codec: number, payload: Uint8Array): Promise<unknown> {
  const { decodeValue } = await import('../codec/decode.ts')
  return decoding(column, () => decodeValue(codec, payload))
}
