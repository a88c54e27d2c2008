import { CacheError } from '../errors.ts'
import { builtinModule } from './builtin-module.ts'
import { concatenate } from './concatenate.ts'

// Deflate cannot grow its input more than this: a larger claim is a lie, and refused before anything is allocated.
const maxRatio = 1032

/** Compresses `bytes` with raw deflate (RFC 1951). */
export async function deflate(bytes: Uint8Array): Promise<Uint8Array> {
  const zlib = nodeZlib()
  if (zlib === undefined) return await pipe(bytes, new CompressionStream('deflate-raw'), Number.POSITIVE_INFINITY)
  return await new Promise((resolve, reject) => {
    zlib.deflateRaw(bytes, { level: 1 }, (error, result) => (error ? reject(error) : resolve(result)))
  })
}

/** Undoes {@link deflate}; throws `CORRUPT` unless the result has exactly `length` bytes. */
export async function inflate(bytes: Uint8Array, length: number): Promise<Uint8Array> {
  if (length > bytes.byteLength * maxRatio + 64) throw corrupt(`${length} bytes cannot come out of ${bytes.byteLength}`)
  let result: Uint8Array
  try {
    const zlib = nodeZlib()
    if (zlib === undefined) result = await pipe(bytes, new DecompressionStream('deflate-raw'), length)
    else {
      result = await new Promise((resolve, reject) => {
        const options = { maxOutputLength: Math.max(1, length) }
        zlib.inflateRaw(bytes, options, (error, data) => (error ? reject(error) : resolve(data)))
      })
    }
  } catch (cause) {
    throw new CacheError('CORRUPT', 'Cannot inflate bytes', { cause })
  }
  if (result.byteLength !== length) throw corrupt(`${result.byteLength} bytes came out, the header says ${length}`)
  return result
}

async function pipe(
  bytes: Uint8Array,
  stream: CompressionStream | DecompressionStream,
  maxBytes: number,
): Promise<Uint8Array> {
  const readable = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(stream)
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of readable) {
    length += chunk.byteLength
    if (length > maxBytes) throw corrupt(`more than ${maxBytes} bytes came out`)
    chunks.push(chunk)
  }
  return concatenate(chunks)
}

function corrupt(found: string): CacheError {
  return new CacheError('CORRUPT', `Cannot inflate bytes: ${found}`)
}

type ZlibCall = (
  bytes: Uint8Array,
  options: { level?: number; maxOutputLength?: number },
  done: (error: Error | null, result: Uint8Array) => void,
) => void

interface Zlib {
  deflateRaw: ZlibCall
  inflateRaw: ZlibCall
}

// Node's own zlib works in a thread; its CompressionStream would do it chunk by chunk on the main one.
function nodeZlib(): Zlib | undefined {
  return builtinModule<Zlib>('node:zlib')
}
