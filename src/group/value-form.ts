import { checkBytes } from '../core/check.ts'
import type { ValueCodec } from './value-codec.ts'

/** How the values of a group become the bytes that are kept, and back. */
export interface ValueForm<T> {
  /** Bytes of our own: nothing that the caller does to the value later changes them. */
  toBytes(value: T): Uint8Array
  /** A value of the caller's own. Throws what the codec throws. */
  fromBytes(bytes: Uint8Array): T
}

/** The form that a codec gives; without one a value is its bytes. */
export function valueForm<T>(codec: ValueCodec<T> | undefined): ValueForm<T> {
  if (codec === undefined) return plainForm()
  if (typeof codec?.encode !== 'function' || typeof codec.decode !== 'function') {
    throw new TypeError('Option codec must have the methods encode and decode')
  }
  return {
    toBytes(value) {
      const bytes = codec.encode(value)
      checkBytes(bytes)
      return ownBytes(bytes)
    },
    fromBytes: bytes => codec.decode(ownBytes(bytes)),
  }
}

// Without a codec T is Uint8Array, or what the user says it is: only bytes pass.
function plainForm<T>(): ValueForm<T> {
  return {
    toBytes(value) {
      const bytes: unknown = value
      checkBytes(bytes as Uint8Array)
      return ownBytes(bytes as Uint8Array)
    },
    fromBytes(bytes) {
      const value: unknown = ownBytes(bytes)
      return value as T
    },
  }
}

// Not slice(): that of a Buffer shares its bytes.
function ownBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}
