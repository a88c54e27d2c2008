import type { Duplex } from 'node:stream'
import { abortedBy } from '../../core/abortable.ts'
import type { CallSignal } from '../../core/call-signal.ts'
import { CacheError, isCacheError } from '../../errors.ts'
import {
  decodeAnswers,
  decodeFailed,
  encodeEmpty,
  encodeKeysCall,
  encodeSetCall,
  type Frame,
  frameKind,
  type SetCall,
} from '../link/link-frame.ts'
import type { PeerAnswer } from '../peer-service.ts'
import { Refusal } from '../refusal.ts'
import { LinkSocket } from './link-socket.ts'

/** What a {@link LinkClient} is made of. */
export interface LinkClientParts {
  readonly socket: Duplex
  readonly head: Uint8Array
  readonly sessionKey: Uint8Array | undefined
  readonly maxFrameBytes: number
  /** The largest frame that the other side takes. */
  readonly maxSentBytes: number
  /** How long a link without a call is kept, in milliseconds; shorter than the server's. */
  readonly idleMs: number
  onEnd(): void
}

/** How a call over a link is bounded. */
export interface LinkCallOptions {
  readonly signal: CallSignal | undefined
  readonly timeoutMs: number
}

// What a peer that stops to read can make this process hold.
const maxUnsentBytes = 64 * 1024 * 1024

type Answers = readonly (PeerAnswer | undefined)[]

interface Call {
  /** How many answers a get waits for; 0 for a change. */
  readonly answers: number
  resolve(answers: Answers): void
  reject(error: Error): void
}

/** Rejects calls of a link that ended before their answer. */
export class LinkLostError extends Error {
  override readonly name: string = 'LinkLostError'
}

/** The asking end of a link: many calls at once over one socket. */
export class LinkClient {
  readonly #link: LinkSocket
  readonly #calls = new Map<number, Call>()
  readonly #idleMs: number
  readonly #maxSentBytes: number
  #lastCall = 0
  #idle: NodeJS.Timeout | undefined

  constructor(parts: LinkClientParts) {
    this.#idleMs = parts.idleMs
    this.#maxSentBytes = parts.maxSentBytes
    this.#link = new LinkSocket({
      ...parts,
      role: 'client',
      onFrame: frame => this.#answer(frame),
      onEnd: cause => {
        clearTimeout(this.#idle)
        const calls = [...this.#calls.values()]
        this.#calls.clear()
        for (const call of calls) call.reject(new LinkLostError('The link ended before the answer', { cause }))
        parts.onEnd()
      },
    })
    this.#watchIdle()
  }

  get isOver(): boolean {
    return this.#link.isOver
  }

  /** Asks for the values of keys, at most `maxKeys`; what is `undefined` is to be asked for alone. */
  get(group: string, keys: readonly Uint8Array[], options: LinkCallOptions): Promise<Answers> {
    const encode = (call: number) => encodeKeysCall(frameKind.get, call, { group, keys })
    return this.#call(keys.length, encode, options)
  }

  async set(call: SetCall, options: LinkCallOptions): Promise<void> {
    await this.#call(0, number => encodeSetCall(number, call), options)
  }

  /** Removes keys, at most `maxKeys`. */
  async remove(group: string, keys: readonly Uint8Array[], options: LinkCallOptions): Promise<void> {
    const encode = (call: number) => encodeKeysCall(frameKind.remove, call, { group, keys })
    await this.#call(0, encode, options)
  }

  /** Ends the link and every call under way. */
  end(cause: Error): void {
    this.#link.end(cause)
  }

  #call(
    answers: number,
    encode: (call: number) => Uint8Array,
    { signal, timeoutMs }: LinkCallOptions,
  ): Promise<Answers> {
    return new Promise((resolve, reject) => {
      if (this.#link.isOver) return reject(new LinkLostError('The link ended before the call'))
      const number = this.#nextNumber()
      const frame = encode(number)
      if (frame.byteLength > this.#maxSentBytes) {
        return reject(new CacheError('VALUE_TOO_LARGE', 'The peer takes no frame of this size'))
      }
      if (this.#link.unsentBytes > maxUnsentBytes) {
        return reject(new CacheError('PEER_FAILED', 'Cannot call a peer: it does not take what is sent'))
      }
      const settle = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
        this.#calls.delete(number)
        if (this.#calls.size === 0) this.#watchIdle()
      }
      const giveUp = (error: Error): void => {
        settle()
        reject(error)
        this.#link.send(encodeEmpty(frameKind.cancel, number))
      }
      // Nothing at all came since the call: the other side is gone, or the network between.
      const receivedBefore = this.#link.receivedBytes
      const endIfSilent = (): void => {
        if (this.#link.receivedBytes === receivedBefore) this.end(new Error('The link was silent'))
      }
      const abort = (): void => {
        giveUp(abortedBy(signal))
        if (isDeadline(signal?.reason)) endIfSilent()
      }
      const timer = setTimeout(() => {
        giveUp(new CacheError('TIMEOUT', `A peer did not answer in ${timeoutMs} ms`))
        endIfSilent()
      }, timeoutMs)
      signal?.addEventListener('abort', abort, { once: true })
      this.#calls.set(number, {
        answers,
        resolve: result => {
          settle()
          resolve(result)
        },
        reject: error => {
          settle()
          reject(error)
        },
      })
      clearTimeout(this.#idle)
      this.#link.send(frame)
    })
  }

  #answer({ kind, call: number, payload }: Frame): void {
    const call = this.#calls.get(number)
    // An answer that crossed its cancellation is nobody's any more.
    if (call === undefined) return
    if (kind === frameKind.failed)
      call.reject(new CacheError('PEER_FAILED', 'A peer refused a call', { cause: new Refusal(decodeFailed(payload)) }))
    else if (kind === frameKind.answers && call.answers > 0) call.resolve(decodeAnswers(payload, call.answers))
    else if (kind === frameKind.done && call.answers === 0) call.resolve([])
    else throw payload.corrupt(`kind ${kind} is no answer to the call`)
  }

  #nextNumber(): number {
    do this.#lastCall = (this.#lastCall + 1) >>> 0
    while (this.#calls.has(this.#lastCall))
    return this.#lastCall
  }

  #watchIdle(): void {
    clearTimeout(this.#idle)
    if (this.#link.isOver) return
    this.#idle = setTimeout(() => this.end(new Error('The link was idle')), this.#idleMs)
    this.#idle.unref()
  }
}

// Whether a caller's signal was its deadline and not a change of mind.
function isDeadline(reason: unknown): boolean {
  return isCacheError(reason, 'TIMEOUT') || (reason instanceof Error && reason.name === 'TimeoutError')
}
