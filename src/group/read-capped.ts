import { concatenate } from '../bytes/concatenate.ts'

/** Everything a stream gives; `undefined`, and the stream cancelled, as soon as that is more than `maxBytes`. */
export async function readCapped(
  stream: ReadableStream<Uint8Array> | null,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  if (stream === null) return new Uint8Array()
  const reader = stream.getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.byteLength
    if (length > maxBytes) {
      // Not waited for: a source that never lets go must not hold up the answer.
      reader.cancel().catch(() => {})
      return undefined
    }
    chunks.push(part.value)
  }
  return concatenate(chunks)
}
