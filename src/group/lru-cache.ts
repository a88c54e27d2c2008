import { checkInteger, checkOptionNames } from '../core/check.ts'
import { type Entry, isExpired } from './entry.ts'
import type { EntryCache, EntryCacheOptions, EntryCacheStats } from './entry-cache.ts'
import { type Expiring, ExpiryHeap } from './expiry-heap.ts'
import { keyByteLength } from './group-key.ts'

/**
 * Memory for entries that drops the one that was not used for longest. Its budget counts the UTF-8 bytes of keys and
 * the bytes of values, exactly, and is never exceeded; the overhead of the process per entry comes on top.
 *
 * To make room, entries that can never be answered again go before all others. They are found by a heap, not by looking
 * at the least used ones: an expired entry that was popular is far from the end of that order. What never expires is
 * not in the heap.
 */
export class LruCache implements EntryCache {
  readonly #maxBytes: number
  readonly #keepExpiredMs: number
  readonly #nodes = new Map<string, EntryNode>()
  readonly #expiring = new ExpiryHeap<EntryNode>()
  /** A ring: the newest entry is older than the anchor, the oldest is newer than it. */
  readonly #anchor = new Link()
  #bytes = 0
  #rejected = 0
  #gets = 0
  #hits = 0
  #evictions = 0
  #evictedFresh = 0
  #expired = 0

  /** A `maxBytes` of 0 or less keeps nothing; `keepExpiredMs` may be `Infinity`. */
  constructor(options: EntryCacheOptions) {
    checkOptionNames(options, ['maxBytes', 'keepExpiredMs'])
    checkInteger('maxBytes', options.maxBytes, Number.MIN_SAFE_INTEGER)
    if (options.keepExpiredMs !== Number.POSITIVE_INFINITY) checkInteger('keepExpiredMs', options.keepExpiredMs, 0)
    this.#maxBytes = options.maxBytes
    this.#keepExpiredMs = options.keepExpiredMs
  }

  get(key: string, nowMs: number): Entry | undefined {
    this.#gets += 1
    const node = this.#nodes.get(key)
    if (node === undefined) return undefined
    if (this.#isDead(node, nowMs)) {
      this.#drop(node)
      this.#expired += 1
      return undefined
    }
    this.#hits += 1
    if (this.#anchor.older !== node) {
      unlink(node)
      this.#linkNewest(node)
    }
    return node.entry
  }

  add(key: string, entry: Entry, nowMs: number): void {
    this.remove(key)
    const byteLength = keyByteLength(key) + entry.value.byteLength
    if (byteLength > this.#maxBytes || this.#maxBytes <= 0) {
      this.#rejected += 1
      return
    }
    // Before it is in, so that it is never among those that leave.
    this.#makeRoom(byteLength, nowMs)
    const node = new EntryNode(key, entry, byteLength)
    this.#nodes.set(key, node)
    this.#linkNewest(node)
    if (node.expiresAtMs !== Number.POSITIVE_INFINITY) this.#expiring.add(node)
    this.#bytes += byteLength
  }

  remove(key: string): boolean {
    const node = this.#nodes.get(key)
    if (node === undefined) return false
    this.#drop(node)
    return true
  }

  clear(): void {
    this.#nodes.clear()
    this.#expiring.clear()
    this.#anchor.newer = this.#anchor
    this.#anchor.older = this.#anchor
    this.#bytes = 0
  }

  stats(): EntryCacheStats {
    return {
      rejected: this.#rejected,
      bytes: this.#bytes,
      items: this.#nodes.size,
      gets: this.#gets,
      hits: this.#hits,
      evictions: this.#evictions,
      evictedFresh: this.#evictedFresh,
      expired: this.#expired,
    }
  }

  #makeRoom(byteLength: number, nowMs: number): void {
    while (this.#bytes + byteLength > this.#maxBytes) {
      const first = this.#expiring.first
      const oldest = this.#anchor.newer
      if (first !== undefined && this.#isDead(first, nowMs)) {
        this.#drop(first)
        this.#expired += 1
      } else if (oldest instanceof EntryNode) {
        this.#drop(oldest)
        if (!isExpired(oldest.entry, nowMs)) this.#evictedFresh += 1
      }
      this.#evictions += 1
    }
  }

  /** Whether nobody will ever want it again, not even as stale. */
  #isDead(node: EntryNode, nowMs: number): boolean {
    return node.expiresAtMs + this.#keepExpiredMs < nowMs
  }

  #drop(node: EntryNode): void {
    this.#nodes.delete(node.key)
    unlink(node)
    if (node.heapIndex !== -1) this.#expiring.delete(node)
    this.#bytes -= node.byteLength
  }

  #linkNewest(node: EntryNode): void {
    node.newer = this.#anchor
    node.older = this.#anchor.older
    this.#anchor.older.newer = node
    this.#anchor.older = node
  }
}

/** A place in the order of use: the anchor, or an entry. */
class Link {
  newer: Link = this
  older: Link = this
}

/** An entry with its places in the order of use and in the heap. */
class EntryNode extends Link implements Expiring {
  readonly key: string
  readonly entry: Entry
  readonly byteLength: number
  readonly expiresAtMs: number
  heapIndex = -1

  constructor(key: string, entry: Entry, byteLength: number) {
    super()
    this.key = key
    this.entry = entry
    this.byteLength = byteLength
    this.expiresAtMs = entry.expiresAtMs
  }
}

function unlink(link: Link): void {
  link.newer.older = link.older
  link.older.newer = link.newer
}
