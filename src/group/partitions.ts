import { CacheError } from '../errors.ts'
import type { PeerCallOptions, PeerService } from './peer-service.ts'
import type { Peer, Transport } from './transport.ts'

/**
 * Lets tests cut the connection between two nodes over any transport. A cut holds in both directions; calls under way
 * fail with it. Only what goes through {@link transport} is cut.
 */
export class Partitions {
  readonly #cuts = new Set<string>()
  readonly #calls = new Map<string, Set<() => void>>()

  /** `inner` as the node `self` uses it. The name is asked for at every call: a node may not know it before it listens. */
  transport(inner: Transport, self: () => string | undefined): Transport {
    return {
      connect: address => this.#peer(inner.connect(address), self),
      ...(inner.close && { close: async () => await inner.close?.() }),
    }
  }

  /** Cuts the connection between two nodes. */
  cut(a: string, b: string): void {
    const pair = pairOf(a, b)
    this.#cuts.add(pair)
    for (const fail of [...(this.#calls.get(pair) ?? [])]) fail()
  }

  /** Ends all cuts. */
  heal(): void {
    this.#cuts.clear()
  }

  #peer(peer: Peer, self: () => string | undefined): Peer {
    const via = <T>(options: PeerCallOptions | undefined, call: (options: PeerCallOptions) => Promise<T>): Promise<T> =>
      this.#call(pairOf(self() ?? '', peer.address), options?.signal, call)
    const service: PeerService = {
      get: (group, key, options) => via(options, given => peer.get(group, key, given)),
      set: (group, key, entry, options) => via(options, given => peer.set(group, key, entry, given)),
      remove: (group, key, options) => via(options, given => peer.remove(group, key, given)),
      removeMany: (group, keys, options) => via(options, given => peer.removeMany(group, keys, given)),
      getMany: (group, keys, options) => via(options, given => peer.getMany(group, keys, given)),
    }
    return { ...service, address: peer.address, close: () => peer.close() }
  }

  async #call<T>(
    pair: string,
    signal: AbortSignal | undefined,
    call: (options: PeerCallOptions) => Promise<T>,
  ): Promise<T> {
    if (this.#cuts.has(pair)) throw unreachable()
    const cut = new AbortController()
    const fail = (): void => cut.abort()
    const calls = this.#calls.get(pair) ?? new Set()
    this.#calls.set(pair, calls.add(fail))
    try {
      return await call({ signal: signal === undefined ? cut.signal : AbortSignal.any([signal, cut.signal]) })
    } catch (error) {
      throw cut.signal.aborted && !signal?.aborted ? unreachable() : error
    } finally {
      calls.delete(fail)
    }
  }
}

function pairOf(a: string, b: string): string {
  return [a, b].sort().join(' ')
}

function unreachable(): CacheError {
  return new CacheError('PEER_FAILED', 'Cannot reach the peer: the cluster is partitioned')
}
