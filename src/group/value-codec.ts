/** Turns the values of a group into bytes and back. Both must be pure; `decode` may throw on bytes it does not know. */
export interface ValueCodec<T> {
  encode(value: T): Uint8Array
  /** The bytes are the codec's to keep. */
  decode(bytes: Uint8Array): T
}
