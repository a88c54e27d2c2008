import { utf8Length } from '../bytes/utf8.ts'
import type { CodecId } from '../codec/codec.ts'
import { decodeValue } from '../codec/decode.ts'
import { freezeDeep, isObject } from './freeze-deep.ts'
import type { LocalEntry } from './local-cache.ts'
import type { SyncedEntry } from './remote-level.ts'

/**
 * What callers get: `frozen` is one deeply frozen object for all of them (values with dates, maps, sets or bytes, which
 * cannot be frozen, are decoded for each), `copied` is an object of one's own.
 */
export type ValueSharing = 'frozen' | 'copied'

/** What a map, a node of the local cache and the objects around a value take, about. */
const overheadBytes = 200

const noBytes = new Uint8Array()

/** An entry in this process. It is decoded when somebody first wants it: most of what others send is never asked for. */
export class HeldValue implements LocalEntry {
  readonly version: number
  readonly tags: readonly string[]
  readonly keptAtMs: number
  /** From then on it is stale. */
  readonly freshUntilMs: number
  /** From then on it is not even that. */
  readonly expiresAtMs: number
  /** From then on it is not answered from here. */
  readonly goneAtMs: number
  readonly byteLength: number
  readonly #codec: CodecId
  readonly #sharing: ValueSharing
  #body: Uint8Array
  #shared: unknown
  #isShared = false
  #isForEach: boolean

  constructor(key: string, entry: SyncedEntry, keptAtMs: number, localTtlMs: number, sharing: ValueSharing) {
    const { version, tags, freshUntilMs, expiresAtMs, codec, body } = entry
    this.version = version
    this.tags = tags
    this.keptAtMs = keptAtMs
    this.freshUntilMs = freshUntilMs
    this.expiresAtMs = expiresAtMs
    this.goneAtMs = Math.min(keptAtMs + localTtlMs, expiresAtMs)
    let byteLength = overheadBytes + utf8Length(key) + body.byteLength
    for (const tag of tags) byteLength += overheadBytes + utf8Length(tag)
    this.byteLength = byteLength
    this.#codec = codec
    this.#sharing = sharing
    this.#isForEach = sharing === 'copied'
    this.#body = body
  }

  /** Whether its time is not over. */
  isFresh(nowMs: number): boolean {
    return nowMs < this.freshUntilMs
  }

  /** The value. Throws `CORRUPT` if it cannot be decoded. */
  read(): unknown {
    return this.#isShared ? this.#shared : this.#decode()
  }

  /** Makes sure that it holds no larger buffer than it needs: clients give out parts of what they received. */
  compact(): void {
    if (this.#body.buffer.byteLength > 2 * this.#body.byteLength + overheadBytes)
      this.#body = new Uint8Array(this.#body)
  }

  #decode(): unknown {
    const value = decodeValue(this.#codec, this.#body)
    if (this.#isForEach && isObject(value)) return value
    if (this.#sharing === 'frozen' && !freezeDeep(value)) {
      this.#isForEach = true
      return value
    }
    this.#shared = value
    this.#isShared = true
    // Nobody decodes it again.
    this.#body = noBytes
    return value
  }
}
