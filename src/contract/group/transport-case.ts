import type { Entry } from '../../group/entry.ts'
import type { PeerAnswer, PeerCallOptions, PeerService } from '../../group/peer-service.ts'
import type { Peer, Transport } from '../../group/transport.ts'
import type { RuleDefinition } from '../rule-cases.ts'
import { bytesOf } from '../samples.ts'
import { hexOf, wireEntry } from './group-samples.ts'
import type { TransportRule } from './transport-rules.ts'

/** A transport under test and the other side of it. */
export interface TransportHandle {
  /** The client side. */
  readonly transport: Transport
  /** Lets `service` answer for all groups, each time at an address of its own; resolves to the address. */
  serve(service: PeerService): Promise<string> | string
  /** Ends what answers at `address`. Leave it out where that cannot be done. */
  stop?(address: string): Promise<void> | void
  /** Releases everything, what still answers included. Called once at the end of each case, also when it failed. */
  close?(): Promise<void> | void
}

/** Opens a transport; called once per case. */
export type OpenTransport = () => Promise<TransportHandle> | TransportHandle

/** What a case works with. */
export interface TransportTools {
  readonly handle: TransportHandle
  readonly maxValueBytes: number
  /** A service that answers as it is told, and a peer that is connected to it. */
  pair(): Promise<{ readonly service: ScriptedService; readonly peer: Peer }>
  /** Resolves as `work` does, but rejects if that takes longer than the patience of the suite. */
  within<T>(work: Promise<T>): Promise<T>
}

/** A case of the contract before it is bound to a transport. */
export type TransportCaseDefinition = RuleDefinition<TransportRule, TransportTools>

/** A call as the service saw it. */
export interface SeenCall {
  readonly method: 'get' | 'set' | 'remove'
  readonly group: string
  readonly key: Uint8Array
  readonly entry?: Entry | undefined
}

/** A node that writes down what it is asked, key by key, and answers from a script. */
export class ScriptedService implements PeerService {
  readonly seen: SeenCall[] = []
  /** Answers by the key in hexadecimal digits. */
  readonly answers: Map<string, PeerAnswer> = new Map()
  /** Awaited before anything else is done. */
  before: (call: SeenCall) => Promise<void> | void = () => {}

  /** Sets the answer to the key of `text`. */
  answer(text: string, answer: PeerAnswer): void {
    this.answers.set(hexOf(bytesOf(text)), answer)
  }

  async get(group: string, key: Uint8Array): Promise<PeerAnswer> {
    await this.#see({ method: 'get', group, key })
    return this.answers.get(hexOf(key)) ?? { kind: 'notFound', message: `no answer for ${hexOf(key)}` }
  }

  async set(group: string, key: Uint8Array, entry: Entry): Promise<void> {
    await this.#see({ method: 'set', group, key, entry })
  }

  async remove(group: string, key: Uint8Array): Promise<void> {
    await this.#see({ method: 'remove', group, key })
  }

  async removeMany(group: string, keys: readonly Uint8Array[]): Promise<void> {
    for (const key of keys) await this.remove(group, key)
  }

  async getMany(group: string, keys: readonly Uint8Array[]): Promise<readonly PeerAnswer[]> {
    return await Promise.all(keys.map(key => this.get(group, key)))
  }

  async #see(call: SeenCall): Promise<void> {
    await this.before(call)
    this.seen.push(call)
  }
}

/** One call of a peer's method, by the name of the method. */
export type PeerCall = readonly [method: keyof PeerService, call: (options?: PeerCallOptions) => Promise<unknown>]

/** Every method of `peer`, called with `key`. */
export function peerCalls(peer: Peer, key: Uint8Array): readonly PeerCall[] {
  return [
    ['get', options => peer.get('group', key, options)],
    ['set', options => peer.set('group', key, wireEntry(bytesOf('value'), 0n), options)],
    ['remove', options => peer.remove('group', key, options)],
    ['removeMany', options => peer.removeMany('group', [key], options)],
    ['getMany', options => peer.getMany('group', [key], options)],
  ]
}

/** A value as an answer. */
export function valueAnswer(value: Uint8Array | string, expireNs = 0n): PeerAnswer {
  return { kind: 'value', entry: wireEntry(typeof value === 'string' ? bytesOf(value) : value, expireNs) }
}

/** An answer in words, for comparing small ones in one go. */
export function describeAnswer(answer: PeerAnswer | undefined): string {
  if (answer === undefined) return 'no answer'
  return answer.kind === 'value'
    ? `value ${new TextDecoder().decode(answer.entry.value)}`
    : `${answer.kind} ${answer.message}`
}

/** The entry of an answer; undefined if it is none. */
export function entryIn(answer: PeerAnswer | undefined): Entry | undefined {
  return answer?.kind === 'value' ? answer.entry : undefined
}
