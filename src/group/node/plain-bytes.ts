/** The same bytes as a plain `Uint8Array`: a `Buffer` has other methods, and must not reach callers. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
