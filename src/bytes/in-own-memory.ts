/**
 * `bytes` in memory that holds nothing else and is not shared: as they are where they have it, else a copy. What keeps a view
 * keeps all that it is a part of, and who transfers its buffer takes that along.
 */
export function inOwnMemory(bytes: Uint8Array): Uint8Array {
  const { buffer, byteLength } = bytes
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? bytes : new Uint8Array(bytes)
}
