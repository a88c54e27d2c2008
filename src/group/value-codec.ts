/** Turns the values of a group into bytes and back. Both must be pure; `decode` may throw on bytes it does not know. */
export interface ValueCodec<T> {
  /** The bytes of a value; they are copied. A throw rejects the set with it, or fails the load (`LOAD_FAILED`). */
  encode(value: T): Uint8Array
  /** The bytes are the codec's to keep. */
  decode(bytes: Uint8Array): T
}
