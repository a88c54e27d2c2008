import type { CodecName } from '../codec/codec.ts'
import type { SealedCodec } from './aes-gcm.ts'
import type { CallOptions } from './call-options.ts'

/** Options of `copySnapshot`. */
export interface CopyOptions extends CallOptions {
  /** The cache to copy. @default every cache in the store */
  readonly name?: string
  /** Whether a snapshot that the target has is replaced; it stays in place until the copy is whole. @default false */
  readonly replace?: boolean
  /** The codec of the cache; needed only if it is encrypted. @default 'auto' */
  readonly codec?: CodecName | SealedCodec
}

/** What was copied of one cache. */
export interface Copied {
  /** Name of the cache. */
  readonly name: string
  /** The generation that was copied; the copy has the same. */
  readonly generation: number
  /** Names of its columns, in the order of the state's fields. */
  readonly columns: readonly string[]
  /** Bytes of its segments and its head. */
  readonly bytes: number
}
