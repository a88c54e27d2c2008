import { utf8Length } from '../bytes/utf8.ts'
import type { CodecId } from '../codec/codec.ts'
import { freezeDeep, isObject } from './freeze-deep.ts'
import type { LocalEntry } from './local-cache.ts'
import type { SyncedEntry } from './remote-level.ts'
import type { SyncedFormat } from './synced-format.ts'

/**
 * What callers get: `frozen` is one deeply frozen object for all of them (values with dates, maps, sets or bytes, which
 * cannot be frozen, are decoded for each), `copied` is an object of one's own.
 */
export type ValueSharing = 'frozen' | 'copied'

/** How entries are held. */
export interface HoldRules {
  /** How long a copy is good for, whatever Redis says, in milliseconds. */
  readonly localTtlMs: number
  readonly values: ValueSharing
  readonly format: Pick<SyncedFormat, 'decode'>
}

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
  readonly #rules: HoldRules
  #body: Uint8Array
  #shared: unknown
  #isShared = false
  #isForEach: boolean

  constructor(key: string, entry: SyncedEntry, keptAtMs: number, rules: HoldRules) {
    const { version, tags, freshUntilMs, expiresAtMs, codec, body } = entry
    this.version = version
    this.tags = tags
    this.keptAtMs = keptAtMs
    this.freshUntilMs = freshUntilMs
    this.expiresAtMs = expiresAtMs
    this.goneAtMs = Math.min(keptAtMs + rules.localTtlMs, expiresAtMs)
    let byteLength = overheadBytes + utf8Length(key) + body.byteLength
    for (const tag of tags) byteLength += overheadBytes + utf8Length(tag)
    this.byteLength = byteLength
    this.#codec = codec
    this.#rules = rules
    this.#isForEach = rules.values === 'copied'
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
    if (this.#body.buffer.byteLength > 1.25 * this.#body.byteLength + overheadBytes)
      this.#body = new Uint8Array(this.#body)
  }

  #decode(): unknown {
    const { values, format } = this.#rules
    const value = format.decode(this.#codec, this.#body)
    if (this.#isForEach && isObject(value)) return value
    if (values === 'frozen' && !freezeDeep(value)) {
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
