import { gunzip, inflate, inflateRaw } from 'node:zlib'
import { CacheError } from '../../errors.ts'
import { plainBytes } from './plain-bytes.ts'

type Undo = (
  bytes: Uint8Array,
  options: { maxOutputLength: number },
  done: (error: Error | null, result: Uint8Array) => void,
) => void

/**
 * Undoes the content coding of an answer: gzip, deflate, or none. Stops at `maxBytes` of output.
 * Rejects with `PEER_FAILED` for more, for damaged bytes and for any other coding.
 */
export function decodeContent(bytes: Uint8Array, coding: string, maxBytes: number): Promise<Uint8Array> {
  const name = coding.trim().toLowerCase()
  if (name === 'identity' || name === '') return Promise.resolve(bytes)
  const undo = undoOf(name, bytes)
  return new Promise((resolve, reject) => {
    const failed = (cause: unknown): void =>
      reject(new CacheError('PEER_FAILED', 'Cannot undo the content coding of an answer', { cause }))
    if (undo === undefined) return failed(new Error('The coding is neither gzip nor deflate'))
    undo(bytes, { maxOutputLength: Math.max(1, maxBytes) }, (error, result) =>
      error ? failed(error) : resolve(plainBytes(result)),
    )
  })
}

function undoOf(name: string, bytes: Uint8Array): Undo | undefined {
  if (name === 'gzip' || name === 'x-gzip') return gunzip
  if (name !== 'deflate') return undefined
  // "deflate" means zlib's form, but some servers send the bare one; the low four bits of zlib's first byte are 8.
  return bytes.byteLength > 0 && (bytes[0]! & 15) === 8 ? inflate : inflateRaw
}
