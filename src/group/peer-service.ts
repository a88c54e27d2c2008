import type { Entry } from './entry.ts'

/** Options of a call from one node to another. */
export interface PeerCallOptions {
  /** Ends the call with `ABORTED`. The caller combines its own deadline into it. */
  readonly signal?: AbortSignal | undefined
}

/** What the owner of a key says: the value, that there is none, or that its loader failed. */
export type PeerAnswer =
  | { readonly kind: 'value'; readonly entry: Entry }
  | { readonly kind: 'notFound'; readonly message: string }
  | { readonly kind: 'loadFailed'; readonly message: string }

/**
 * The calls between nodes. A transport's client makes them to a peer, and `GroupCache.service` answers them: both sides
 * have this one shape, so that a transport is no more than a pipe.
 *
 * A key is bytes: Go's keys need not be UTF-8. Bytes that are passed in either direction are the receiver's to keep.
 * A call rejects with `PEER_FAILED` where the peer cannot serve (no connection, a broken or oversized answer, an unknown
 * group at the other side): a get then falls back to a local load. `UNKNOWN_GROUP` is what the answering side rejects
 * with where it has no such group.
 */
export interface PeerService {
  /** Asks for a value. The answering node serves it from what it has or loads it, and never forwards the question. */
  get(group: string, key: Uint8Array, options?: PeerCallOptions): Promise<PeerAnswer>
  /** Puts a value into the answering node's cache. */
  set(group: string, key: Uint8Array, entry: Entry, options?: PeerCallOptions): Promise<void>
  /** Drops a key from the answering node's caches and store. An absent key is success. */
  remove(group: string, key: Uint8Array, options?: PeerCallOptions): Promise<void>
  /** {@link remove} for many keys. */
  removeMany(group: string, keys: readonly Uint8Array[], options?: PeerCallOptions): Promise<void>
  /** {@link get} for many keys in one request; the answers have the order of the keys. */
  getMany(group: string, keys: readonly Uint8Array[], options?: PeerCallOptions): Promise<readonly PeerAnswer[]>
}
