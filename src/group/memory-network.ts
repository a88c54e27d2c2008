import { abortedBy } from '../core/abortable.ts'
import { checkInteger, checkOptionNames, checkSignal } from '../core/check.ts'
import { onAbort } from '../core/on-abort.ts'
import { CacheError } from '../errors.ts'
import { type Entry, entryFromWire } from './entry.ts'
import type { PeerAnswer, PeerCallOptions, PeerService } from './peer-service.ts'
import type { Peer, Transport } from './transport.ts'

/** How many calls of each kind were made. */
export type PeerCalls = Readonly<Record<keyof PeerService, number>>

/** What is wrong with the node at an address. All of it may be wrong at once. */
export interface MemoryFaults {
  /** How long each call takes before the node sees it, in milliseconds of real time. */
  readonly delayMs?: number | undefined
  /** Calls never reach the node and never end by themselves. */
  readonly isHanging?: boolean | undefined
  /** So many calls fail from now on, then they work again. */
  readonly failNext?: number | undefined
  /** Replaces what the node answers to get and getMany. */
  readonly lie?: ((answer: PeerAnswer) => PeerAnswer) | undefined
  /** Awaited before the node sees a call, for tests that decide themselves when it goes on. */
  readonly before?: ((method: Method) => Promise<void> | void) | undefined
}

/**
 * A network inside one process, for tests: no sockets, no time of its own, partitions and faults on demand.
 *
 * Like a real one it copies all bytes, ends calls at an abort, and turns whatever a node throws into `PEER_FAILED`.
 */
export class MemoryNetwork {
  readonly #services = new Map<string, PeerService>()
  readonly #faults = new Map<string, MemoryFaults>()
  readonly #calls = new Map<string, Record<keyof PeerService, number>>()
  #cuts: readonly (readonly [string, string])[] = []
  /** The calls under way. */
  readonly #links = new Set<Link>()

  /** The calls of all clients to each address since it was first called, those that failed included. */
  get calls(): ReadonlyMap<string, PeerCalls> {
    return this.#calls
  }

  /** Forgets the counts of {@link calls}. */
  resetCalls(): void {
    this.#calls.clear()
  }

  /** A transport for the node at `address`; the address decides which partitions it is in. */
  transport(address: string): Transport {
    checkAddress(address)
    const peers = new Set<Peer>()
    return {
      connect: to => {
        checkAddress(to)
        const peer: Peer = new MemoryPeer(to, {
          call: (method, signal, make) => this.#call({ from: address, to, peer }, method, signal, make),
          close: () => {
            peers.delete(peer)
            this.#break(`Client of peer ${to} is closed`, link => link.peer === peer)
          },
        })
        peers.add(peer)
        return peer
      },
      close: async () => {
        for (const peer of peers) await peer.close()
      },
    }
  }

  /**
   * Lets `service` answer at `address` until the function that is returned is called: then calls under way break.
   * Throws `LISTEN_FAILED` where another one answers.
   */
  serve(address: string, service: PeerService): () => void {
    checkAddress(address)
    if (this.#services.has(address)) throw new CacheError('LISTEN_FAILED', `Address ${address} is in use`)
    this.#services.set(address, service)
    return () => {
      if (this.#services.get(address) !== service) return
      this.#services.delete(address)
      this.#break(`Node ${address} stopped`, link => link.to === address)
    }
  }

  /** Cuts the connections between two addresses, those of calls under way too. */
  partition(a: string, b: string): void {
    this.#cuts = [...this.#cuts, [a, b]]
    this.#break(`Connection between ${a} and ${b} is cut`, ends => this.#isCut(ends))
  }

  /** Undoes every {@link partition} that all of the `addresses` are in; without any, all of them. */
  heal(...addresses: readonly string[]): void {
    this.#cuts = this.#cuts.filter(cut => !addresses.every(address => cut.includes(address)))
  }

  /** Sets what is wrong with the node at `address`, in place of what was before; `{}` is nothing. For calls from now on. */
  fault(address: string, faults: MemoryFaults): void {
    checkOptionNames(faults, ['delayMs', 'isHanging', 'failNext', 'lie', 'before'])
    if (faults.delayMs !== undefined) checkInteger('delayMs', faults.delayMs, 0)
    if (faults.failNext !== undefined) checkInteger('failNext', faults.failNext, 0)
    this.#faults.set(address, { ...faults })
  }

  async #call<T>(ends: Ends, method: Method, signal: AbortSignal | undefined, make: Make<T>): Promise<T> {
    checkSignal(signal)
    this.#count(ends.to, method)
    const link = new Link(ends)
    this.#links.add(link)
    const stop = signal && onAbort(signal, () => link.break(abortedBy(signal)))
    try {
      return await Promise.race([link.broken, this.#answer(link, method, make)])
    } finally {
      this.#links.delete(link)
      stop?.()
    }
  }

  async #answer<T>(link: Link, method: Method, make: Make<T>): Promise<T> {
    const { to } = link.ends
    try {
      const faults = this.#faults.get(to) ?? {}
      if (this.#isCut(link.ends)) throw new Error('The network is partitioned')
      if (faults.failNext !== undefined && faults.failNext > 0) {
        this.#faults.set(to, { ...faults, failNext: faults.failNext - 1 })
        throw new Error('The network was told to fail')
      }
      if (faults.isHanging) await link.broken
      if (faults.delayMs !== undefined) await pause(faults.delayMs, link.signal)
      await faults.before?.(method)
      // A call that broke on its way never arrives.
      if (link.signal.aborted) return await link.broken
      const service = this.#services.get(to)
      if (service === undefined) throw new Error('No node answers at the address')
      return await make(service, { signal: link.signal }, faults.lie ?? same)
    } catch (error) {
      if (link.signal.aborted) return await link.broken
      throw new CacheError('PEER_FAILED', `Call to peer ${to} failed`, { cause: error })
    }
  }

  #isCut({ from, to }: Ends): boolean {
    return this.#cuts.some(([a, b]) => (a === from && b === to) || (a === to && b === from))
  }

  #break(message: string, isMeant: (ends: Ends) => boolean): void {
    for (const link of [...this.#links]) if (isMeant(link.ends)) link.break(new CacheError('PEER_FAILED', message))
  }

  #count(address: string, method: Method): void {
    const calls = this.#calls.get(address) ?? { get: 0, set: 0, remove: 0, removeMany: 0, getMany: 0 }
    calls[method] += 1
    this.#calls.set(address, calls)
  }
}

/** What a node is asked. */
type Method = keyof PeerService

/** Makes a call at the node that it reached; resolves to bytes that the caller may keep. */
type Make<T> = (service: PeerService, options: PeerCallOptions, lie: (answer: PeerAnswer) => PeerAnswer) => Promise<T>

interface Ends {
  readonly from: string
  readonly to: string
  readonly peer: Peer
}

/** One call under way. */
class Link {
  readonly ends: Ends
  /** Rejects when the call breaks; never resolves. */
  readonly broken: Promise<never>
  readonly #controller = new AbortController()
  #reject: (error: CacheError) => void = () => {}

  constructor(ends: Ends) {
    this.ends = ends
    this.broken = new Promise((_, reject) => {
      this.#reject = reject
    })
    // It may break when the call has ended and nobody looks any more.
    this.broken.catch(() => {})
  }

  /** Tells the node that its caller is gone. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  break(error: CacheError): void {
    this.#reject(error)
    this.#controller.abort(error)
  }
}

/** What a client needs of the network. */
interface Line {
  call<T>(method: Method, signal: AbortSignal | undefined, make: Make<T>): Promise<T>
  close(): void
}

class MemoryPeer implements Peer {
  readonly address: string
  readonly #line: Line
  #isClosed = false

  constructor(address: string, line: Line) {
    this.address = address
    this.#line = line
  }

  get(group: string, key: Uint8Array, options?: PeerCallOptions): Promise<PeerAnswer> {
    const sent = copy(key)
    return this.#call('get', options, async (service, its, lie) => copyAnswer(lie(await service.get(group, sent, its))))
  }

  set(group: string, key: Uint8Array, entry: Entry, options?: PeerCallOptions): Promise<void> {
    const [sent, sentEntry] = [copy(key), copyEntry(entry)]
    return this.#call('set', options, (service, its) => service.set(group, sent, sentEntry, its))
  }

  remove(group: string, key: Uint8Array, options?: PeerCallOptions): Promise<void> {
    const sent = copy(key)
    return this.#call('remove', options, (service, its) => service.remove(group, sent, its))
  }

  removeMany(group: string, keys: readonly Uint8Array[], options?: PeerCallOptions): Promise<void> {
    const sent = keys.map(copy)
    return this.#call('removeMany', options, (service, its) => service.removeMany(group, sent, its))
  }

  getMany(group: string, keys: readonly Uint8Array[], options?: PeerCallOptions): Promise<readonly PeerAnswer[]> {
    const sent = keys.map(copy)
    return this.#call('getMany', options, async (service, its, lie) => {
      const answers = await service.getMany(group, sent, its)
      if (answers.length !== keys.length) throw new Error(`Answers to ${keys.length} keys are ${answers.length}`)
      return answers.map(answer => copyAnswer(lie(answer)))
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#line.close()
  }

  async #call<T>(method: Method, options: PeerCallOptions | undefined, make: Make<T>): Promise<T> {
    if (this.#isClosed) throw new CacheError('PEER_FAILED', `Client of peer ${this.address} is closed`)
    return await this.#line.call(method, options?.signal, make)
  }
}

function checkAddress(address: string): void {
  if (typeof address !== 'string') throw new TypeError(`Address must be a string, received ${typeof address}`)
  if (address === '') throw new CacheError('INVALID_PEERS', 'Address of a peer must not be empty')
}

// Alone in its buffer, also where a view or a Buffer was given.
function copy(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}

// As from a real wire, which carries the nanoseconds only.
function copyEntry({ value, expireNs }: Entry): Entry {
  return entryFromWire(copy(value), expireNs)
}

function copyAnswer(answer: PeerAnswer): PeerAnswer {
  return answer.kind === 'value' ? { kind: 'value', entry: copyEntry(answer.entry) } : { ...answer }
}

function same(answer: PeerAnswer): PeerAnswer {
  return answer
}

// Ends at once when the signal aborts, which the caller looks at.
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
  })
}
