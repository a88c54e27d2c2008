import type { TransportRule } from '../../../src/contract/group/transport-rules.ts'
import { CacheError, isCacheError } from '../../../src/errors.ts'
import { type Entry, entryUntil } from '../../../src/group/entry.ts'
import type { PeerAnswer, PeerCallOptions, PeerService } from '../../../src/group/peer-service.ts'
import { type PeerClass, SoundPeer, type Wire } from './sound-transport.ts'

/** A client that breaks `rule`. */
export interface TransportMutant {
  readonly what: string
  readonly rule: TransportRule
  readonly Client: PeerClass
}

const decoder = new TextDecoder()
const encoder = new TextEncoder()
let latest: Promise<PeerAnswer> | undefined

export const transportMutants: readonly TransportMutant[] = [
  {
    what: 'cuts values at 64 KiB',
    rule: 'T1',
    Client: class extends SoundPeer {
      protected override copyEntry(entry: Entry): Entry {
        return super.copyEntry({ ...entry, value: entry.value.subarray(0, 65_536) })
      }
    },
  },
  {
    what: 'takes the empty value for none',
    rule: 'T1',
    Client: class extends SoundPeer {
      protected override giveAnswer(answer: PeerAnswer): PeerAnswer {
        const isEmpty = answer.kind === 'value' && answer.entry.value.byteLength === 0
        return isEmpty ? { kind: 'notFound', message: '' } : super.giveAnswer(answer)
      }
    },
  },
  {
    what: 'sends the whole buffer behind a view',
    rule: 'T1',
    Client: class extends SoundPeer {
      protected override copyEntry(entry: Entry): Entry {
        return super.copyEntry({ ...entry, value: new Uint8Array(entry.value.buffer) })
      }
    },
  },
  {
    what: 'sends expiries as doubles',
    rule: 'T2',
    Client: class extends SoundPeer {
      protected override copyEntry(entry: Entry): Entry {
        return super.copyEntry({ ...entry, expireNs: BigInt(Number(entry.expireNs)) })
      }
    },
  },
  {
    what: 'reads expiries without their sign',
    rule: 'T2',
    Client: class extends SoundPeer {
      protected override copyEntry(entry: Entry): Entry {
        return super.copyEntry({ ...entry, expireNs: BigInt.asUintN(64, entry.expireNs) })
      }
    },
  },
  {
    what: 'does not say never for no expiry',
    rule: 'T2',
    Client: class extends SoundPeer {
      protected override copyEntry(entry: Entry): Entry {
        return { ...super.copyEntry(entry), expiresAtMs: Number(entry.expireNs) / 1e6 }
      }
    },
  },
  {
    what: 'forgets the expiry of set()',
    rule: 'T2',
    Client: class extends SoundPeer {
      protected override sendEntry(entry: Entry): Entry {
        return entryUntil(new Uint8Array(entry.value), Number.POSITIVE_INFINITY)
      }
    },
  },
  {
    what: 'throws for what is not found',
    rule: 'T3',
    Client: class extends SoundPeer {
      protected override giveAnswer(answer: PeerAnswer): PeerAnswer {
        if (answer.kind === 'notFound') throw new Error(answer.message)
        return super.giveAnswer(answer)
      }
    },
  },
  {
    what: 'sends messages as Latin-1',
    rule: 'T3',
    Client: class extends SoundPeer {
      protected override giveAnswer(answer: PeerAnswer): PeerAnswer {
        if (answer.kind === 'value') return super.giveAnswer(answer)
        return { ...answer, message: answer.message.replaceAll(/[^\0-\xff]/gu, '?') }
      }
    },
  },
  {
    what: 'takes a failed load for not found',
    rule: 'T3',
    Client: class extends SoundPeer {
      protected override giveAnswer(answer: PeerAnswer): PeerAnswer {
        return answer.kind === 'loadFailed' ? { ...answer, kind: 'notFound' } : super.giveAnswer(answer)
      }
    },
  },
  {
    what: 'sends keys as text',
    rule: 'T4',
    Client: class extends SoundPeer {
      protected override sendKey(key: Uint8Array): Uint8Array {
        return encoder.encode(decoder.decode(key))
      }
    },
  },
  {
    what: 'lets a URL clean the key',
    rule: 'T4',
    Client: class extends SoundPeer {
      protected override sendKey(key: Uint8Array): Uint8Array {
        const text = decoder.decode(key)
        return text === '.' || text === '..' ? new Uint8Array(0) : super.sendKey(key)
      }
    },
  },
  {
    what: 'refuses the empty key',
    rule: 'T4',
    Client: class extends SoundPeer {
      protected override sendKey(key: Uint8Array): Uint8Array {
        if (key.byteLength === 0) throw new CacheError('INVALID_KEY', 'Key must not be empty')
        return super.sendKey(key)
      }
    },
  },
  {
    what: 'decodes groups twice',
    rule: 'T4',
    Client: class extends SoundPeer {
      protected override sendGroup(group: string): string {
        return group.replaceAll('+', ' ')
      }
    },
  },
  {
    what: 'does not wait for set()',
    rule: 'T5',
    Client: class extends SoundPeer {
      override async set(group: string, key: Uint8Array, entry: Entry, options?: PeerCallOptions): Promise<void> {
        void super.set(group, key, entry, options).catch(() => {})
      }
    },
  },
  {
    what: 'does not wait for removeMany()',
    rule: 'T6',
    Client: class extends SoundPeer {
      override async removeMany(group: string, keys: readonly Uint8Array[], options?: PeerCallOptions): Promise<void> {
        void super.removeMany(group, keys, options).catch(() => {})
      }
    },
  },
  {
    what: 'corrupts keys that are not UTF-8 in removeMany() only',
    rule: 'T6',
    Client: class extends SoundPeer {
      override async removeMany(group: string, keys: readonly Uint8Array[], options?: PeerCallOptions): Promise<void> {
        await super.removeMany(
          group,
          JSON.parse(JSON.stringify(keys.map(key => decoder.decode(key)))).map((key: string) => encoder.encode(key)),
          options,
        )
      }
    },
  },
  {
    what: 'removes the empty key where no keys are named',
    rule: 'T6',
    Client: class extends SoundPeer {
      override async removeMany(group: string, keys: readonly Uint8Array[], options?: PeerCallOptions): Promise<void> {
        await super.removeMany(group, keys.length === 0 ? [new Uint8Array(0)] : keys, options)
      }
    },
  },
  {
    what: 'answers a key that is named twice once',
    rule: 'T7',
    Client: class extends SoundPeer {
      override async getMany(
        group: string,
        keys: readonly Uint8Array[],
        options?: PeerCallOptions,
      ): Promise<readonly PeerAnswer[]> {
        const texts = keys.map(key => decoder.decode(key))
        return await super.getMany(
          group,
          keys.filter((_, index) => texts.indexOf(texts[index]!) === index),
          options,
        )
      }
    },
  },
  {
    what: 'answers in the order of the keys’ bytes',
    rule: 'T7',
    Client: class extends SoundPeer {
      override async getMany(
        group: string,
        keys: readonly Uint8Array[],
        options?: PeerCallOptions,
      ): Promise<readonly PeerAnswer[]> {
        return await super.getMany(
          group,
          [...keys].sort((a, b) => Buffer.compare(a, b)),
          options,
        )
      }
    },
  },
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
    what: 'hands the bytes of the caller to the service',
    rule: 'T12',
    Client: class extends SoundPeer {
      protected override sendEntry(entry: Entry): Entry {
        return entry
      }
    },
  },
  {
    what: 'hands the key of the caller to the service',
    rule: 'T12',
    Client: class extends SoundPeer {
      protected override sendKey(key: Uint8Array): Uint8Array {
        return key
      }
    },
  },
  {
    what: 'hands the bytes of the service to the caller',
    rule: 'T12',
    Client: class extends SoundPeer {
      protected override giveAnswer(answer: PeerAnswer): PeerAnswer {
        return answer
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
