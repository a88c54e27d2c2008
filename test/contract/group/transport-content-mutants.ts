import { CacheError } from '../../../src/errors.ts'
import { type Entry, entryUntil } from '../../../src/group/entry.ts'
import type { PeerAnswer, PeerCallOptions } from '../../../src/group/peer-service.ts'
import { SoundPeer, type TransportMutant } from './sound-transport.ts'

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** Clients that break a rule of what calls carry. */
export const transportContentMutants: readonly TransportMutant[] = [
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
]
