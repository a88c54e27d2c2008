import type { Breaker, BreakerPass } from '../core/breaker.ts'
import type { CallController } from '../core/call-controller.ts'
import type { CallSignal } from '../core/call-signal.ts'
import { withDeadline } from '../core/deadline.ts'
import { CacheError, isCacheError } from '../errors.ts'
import { callOptions } from './call-options.ts'
import type { PeerCallOptions } from './peer-service.ts'
import { Refusal } from './refusal.ts'
import type { Peer } from './transport.ts'

/** What {@link PeerLink.call} is told. */
export interface PeerCall<T> {
  readonly timeoutMs: number
  /** Ends the call with `ABORTED`, which says nothing about the peer. */
  readonly signal?: CallSignal | undefined
  readonly work: (peer: Peer, options: PeerCallOptions) => Promise<T>
}

/** By what a peer that fails is known. */
export interface PeerHealth {
  readonly breaker: Breaker
  readonly clock: () => number
}

/** One other node: its client, and what is known of its health. */
export class PeerLink {
  readonly address: string
  readonly #peer: Peer
  readonly #health: PeerHealth | undefined
  readonly #onError: (error: unknown) => void
  #calls = 0
  #closing: Promise<void> | undefined
  #onIdle: (() => void) | undefined

  /** Without `health` the peer is called every time. */
  constructor(peer: Peer, health: PeerHealth | undefined, onError: (error: unknown) => void) {
    this.address = peer.address
    this.#peer = peer
    this.#health = health
    this.#onError = onError
  }

  /** Calls the peer under a deadline. Rejects as the call does, and with `TIMEOUT` at the deadline. */
  call<T>(call: PeerCall<T>): Promise<T> {
    return this.#call(call, this.#enter())
  }

  /** As {@link call}; `undefined`, without a word to the peer, while it is known to fail. */
  callIfHealthy<T>(call: PeerCall<T>): Promise<T> | undefined {
    const pass = this.#enter()
    return pass === undefined && this.#health !== undefined ? undefined : this.#call(call, pass)
  }

  /** The peer left: closes its client once the calls under way have ended, each of which has its deadline. */
  async retire(): Promise<void> {
    if (this.#calls > 0) {
      await new Promise<void>(resolve => {
        this.#onIdle = resolve
      })
    }
    await this.close()
  }

  /** Closes the client now; calls under way end with `PEER_FAILED`. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  #enter(): BreakerPass | undefined {
    return this.#health?.breaker.tryEnter(this.#health.clock())
  }

  async #call<T>({ timeoutMs, signal, work }: PeerCall<T>, pass: BreakerPass | undefined): Promise<T> {
    this.#calls++
    try {
      const call = (own: CallController): Promise<T> => work(this.#peer, callOptions(this.#peer, own))
      const answer = await withDeadline(`Call of peer ${this.address}`, timeoutMs, signal, call)
      if (pass === undefined) this.#health?.breaker.heard()
      else pass.succeeded()
      return answer
    } catch (error) {
      if (signal?.aborted) pass?.abandoned()
      else if (isRefusal(error)) pass?.succeeded()
      else if (this.#health !== undefined) pass?.failed(this.#health.clock())
      throw error
    } finally {
      this.#calls--
      if (this.#calls === 0) this.#onIdle?.()
    }
  }

  async #close(): Promise<void> {
    try {
      await this.#peer.close()
    } catch (cause) {
      this.#onError(new CacheError('PEER_FAILED', `Cannot close the client of peer ${this.address}`, { cause }))
    }
  }
}

// A peer that says no is alive: one group that it lacks, or one key that it cannot take, must not part it from all others.
function isRefusal(error: unknown): boolean {
  if (!isCacheError(error)) return false
  return error.cause instanceof Refusal || [error, error.cause].some(each => isCacheError(each, 'UNKNOWN_GROUP'))
}
