import { CacheError, isCacheError } from '../../../src/errors.ts'
import type { PeerAnswer, PeerCallOptions, PeerService } from '../../../src/group/peer-service.ts'
import { SoundPeer, type TransportMutant, type Wire } from './sound-transport.ts'

let latest: Promise<PeerAnswer> | undefined

/** Clients that break a rule of how calls begin, fail and end. */
export const transportCallMutants: readonly TransportMutant[] = [
  {
    what: 'passes the errors of the service on',
    rule: 'T8',
    Client: class extends SoundPeer {
      protected override failure(cause: unknown): unknown {
        return isCacheError(cause) ? cause : super.failure(cause)
      }
    },
  },
  {
    what: 'takes an error of the service for not found',
    rule: 'T8',
    Client: class extends SoundPeer {
      override async get(group: string, key: Uint8Array, options?: PeerCallOptions): Promise<PeerAnswer> {
        return await super.get(group, key, options).catch((error: Error) => {
          if (options !== undefined || this.closed.signal.aborted) throw error
          return { kind: 'notFound', message: error.message }
        })
      }
    },
  },
  {
    what: 'is closed for good after an error',
    rule: 'T8',
    Client: class extends SoundPeer {
      protected override failure(cause: unknown): unknown {
        this.closed.abort()
        return super.failure(cause)
      }
    },
  },
  {
    what: 'does not look at signals',
    rule: 'T9',
    Client: class extends SoundPeer {
      protected override async call<T>(
        _: PeerCallOptions | undefined,
        make: (service: PeerService) => Promise<T>,
      ): Promise<T> {
        return await super.call({}, make)
      }
    },
  },
  {
    what: 'makes calls that were aborted before',
    rule: 'T9',
    Client: class extends SoundPeer {
      protected override async call<T>(
        options: PeerCallOptions | undefined,
        make: (service: PeerService) => Promise<T>,
      ): Promise<T> {
        if (options?.signal?.aborted) void super.call({}, make).catch(() => {})
        return await super.call(options, make)
      }
    },
  },
  {
    what: 'does not tell why it was aborted',
    rule: 'T9',
    Client: class extends SoundPeer {
      protected override aborted(): Error {
        return new CacheError('ABORTED', 'The call was aborted')
      }
    },
  },
  {
    what: 'takes an abort for a failure of the peer',
    rule: 'T9',
    Client: class extends SoundPeer {
      protected override aborted(signal: AbortSignal): Error {
        return new CacheError('PEER_FAILED', 'The call was aborted', { cause: signal.reason })
      }
    },
  },
  {
    what: 'aborts all calls with one',
    rule: 'T9',
    Client: class extends SoundPeer {
      protected override aborted(signal: AbortSignal): Error {
        void this.close()
        return super.aborted(signal)
      }
    },
  },
  {
    what: 'does not end its calls when it is closed',
    rule: 'T10',
    Client: class extends SoundPeer {
      #isClosed = false
      protected override async call<T>(
        options: PeerCallOptions | undefined,
        make: (service: PeerService) => Promise<T>,
      ): Promise<T> {
        if (this.#isClosed) throw this.failure(new Error('closed'))
        return await super.call(options, make)
      }
      override async close(): Promise<void> {
        this.#isClosed = true
      }
    },
  },
  {
    what: 'works on after close()',
    rule: 'T10',
    Client: class extends SoundPeer {
      override async close(): Promise<void> {}
    },
  },
  {
    what: 'cannot be closed twice',
    rule: 'T10',
    Client: class extends SoundPeer {
      override async close(): Promise<void> {
        if (this.closed.signal.aborted) throw new Error('closed already')
        await super.close()
      }
    },
  },
  {
    what: 'closes all clients of its address',
    rule: 'T10',
    Client: class extends SoundPeer {
      override async close(): Promise<void> {
        await super.close()
        this.wire.services.delete(this.address)
      }
    },
  },
  {
    what: 'gives an answer to whoever asked last',
    rule: 'T11',
    Client: class extends SoundPeer {
      override async get(group: string, key: Uint8Array, options?: PeerCallOptions): Promise<PeerAnswer> {
        const mine = super.get(group, key, options)
        latest = mine
        await mine
        return await (latest ?? mine).finally(() => {
          latest = undefined
        })
      }
    },
  },
  {
    what: 'connects at once',
    rule: 'T13',
    Client: class extends SoundPeer {
      constructor(address: string, wire: Wire) {
        super(address, wire)
        void wire.services.get(address)?.get('group', new Uint8Array(1))
      }
    },
  },
  {
    what: 'hangs where nobody answers',
    rule: 'T13',
    Client: class extends SoundPeer {
      protected override serviceAt(address: string): PeerService | undefined {
        const never = (): Promise<never> => new Promise(() => {})
        const hanging = { get: never, set: never, remove: never, removeMany: never, getMany: never }
        return super.serviceAt(address) ?? hanging
      }
    },
  },
  {
    what: 'asks the first node always',
    rule: 'T14',
    Client: class extends SoundPeer {
      protected override serviceAt(address: string): PeerService | undefined {
        return super.serviceAt(address) && [...this.wire.services.values()][0]
      }
    },
  },
]
