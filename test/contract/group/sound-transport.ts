import type { TransportHandle } from '../../../src/contract/group/transport-case.ts'
import type { TransportRule } from '../../../src/contract/group/transport-rules.ts'
import { CacheError } from '../../../src/errors.ts'
import { type Entry, entryFromWire } from '../../../src/group/entry.ts'
import type { PeerAnswer, PeerCallOptions, PeerService } from '../../../src/group/peer-service.ts'
import type { Peer, Transport } from '../../../src/group/transport.ts'

/** The services by address: all that a {@link SoundPeer} needs for a wire. */
export class Wire {
  readonly services = new Map<string, PeerService>()
  /** Ends the calls to an address. */
  readonly stops = new Map<string, AbortController>()
}

/** A client that keeps every rule, cut into small steps so that a mutant breaks one of them. */
export class SoundPeer implements Peer {
  readonly address: string
  protected readonly wire: Wire
  protected readonly closed: AbortController = new AbortController()

  constructor(address: string, wire: Wire) {
    this.address = address
    this.wire = wire
  }

  async get(group: string, key: Uint8Array, options?: PeerCallOptions): Promise<PeerAnswer> {
    const sent = this.sendKey(key)
    return await this.call(options, async service => this.giveAnswer(await service.get(this.sendGroup(group), sent)))
  }

  async set(group: string, key: Uint8Array, entry: Entry, options?: PeerCallOptions): Promise<void> {
    const [sent, sentEntry] = [this.sendKey(key), this.sendEntry(entry)]
    await this.call(options, service => service.set(this.sendGroup(group), sent, sentEntry))
  }

  async remove(group: string, key: Uint8Array, options?: PeerCallOptions): Promise<void> {
    const sent = this.sendKey(key)
    await this.call(options, service => service.remove(this.sendGroup(group), sent))
  }

  async removeMany(group: string, keys: readonly Uint8Array[], options?: PeerCallOptions): Promise<void> {
    const sent = keys.map(key => this.sendKey(key))
    await this.call(options, service => service.removeMany(this.sendGroup(group), sent))
  }

  async getMany(group: string, keys: readonly Uint8Array[], options?: PeerCallOptions): Promise<readonly PeerAnswer[]> {
    const sent = keys.map(key => this.sendKey(key))
    return await this.call(options, async service => {
      const answers = await service.getMany(this.sendGroup(group), sent)
      return answers.map(answer => this.giveAnswer(answer))
    })
  }

  async close(): Promise<void> {
    this.closed.abort()
  }

  protected async call<T>(
    options: PeerCallOptions | undefined,
    make: (service: PeerService) => Promise<T>,
  ): Promise<T> {
    const { signal } = options ?? {}
    if (signal?.aborted) throw this.aborted(signal)
    if (this.closed.signal.aborted) throw this.failure(new Error('closed'))
    const service = this.serviceAt(this.address)
    if (service === undefined) throw this.failure(new Error('nobody answers'))
    const over = new AbortController()
    const call = new Promise<T>((resolve, reject) => {
      const listen = { signal: over.signal }
      signal?.addEventListener('abort', () => reject(this.aborted(signal)), listen)
      for (const end of [this.closed, this.wire.stops.get(this.address)]) {
        end?.signal.addEventListener('abort', () => reject(this.failure(new Error('connection closed'))), listen)
      }
      const run = async (): Promise<T> => await make(service)
      run().then(resolve, error => reject(this.failure(error)))
    })
    return await call.finally(() => over.abort())
  }

  protected serviceAt(address: string): PeerService | undefined {
    return this.wire.services.get(address)
  }

  protected aborted(signal: AbortSignal): Error {
    return new CacheError('ABORTED', 'The call was aborted', { cause: signal.reason })
  }

  protected failure(cause: unknown): unknown {
    return new CacheError('PEER_FAILED', 'The peer failed', { cause })
  }

  protected sendGroup(group: string): string {
    return group
  }

  protected sendKey(key: Uint8Array): Uint8Array {
    return new Uint8Array(key)
  }

  protected sendEntry(entry: Entry): Entry {
    return this.copyEntry(entry)
  }

  protected giveAnswer(answer: PeerAnswer): PeerAnswer {
    return answer.kind === 'value' ? { kind: 'value', entry: this.copyEntry(answer.entry) } : answer
  }

  protected copyEntry({ value, expireNs }: Entry): Entry {
    return entryFromWire(new Uint8Array(value), expireNs)
  }
}

/** A class of clients, sound or not. */
export type PeerClass = new (address: string, wire: Wire) => Peer

/** A client that breaks `rule`. */
export interface TransportMutant {
  readonly what: string
  readonly rule: TransportRule
  readonly Client: PeerClass
}

/** A transport whose clients are of `Client`, over a wire of its own. */
export function handleOf(Client: PeerClass): TransportHandle {
  const wire = new Wire()
  const transport: Transport = {
    connect(address) {
      if (address === '') throw new CacheError('INVALID_PEERS', 'Address of a peer must not be empty')
      return new Client(address, wire)
    },
  }
  return {
    transport,
    serve(service) {
      const address = `node-${wire.services.size + 1}`
      wire.services.set(address, service)
      wire.stops.set(address, new AbortController())
      return address
    },
    stop(address) {
      wire.services.delete(address)
      wire.stops.get(address)?.abort()
    },
  }
}
