import type { StoreOptions } from '../../../src/store/store.ts'
import { type Mutant, SoundStore } from './sound-store.ts'

/** Broken values: bytes, sizes, ownership. */
export const valueMutants: readonly Mutant[] = [
  {
    what: 'drops the last byte',
    rule: 'S10',
    also: [
      'S2',
      'S3',
      'S4',
      'S12',
      'S13',
      'S14',
      'S15',
      'S16',
      'S17',
      'S18',
      'S19',
      'S20',
      'S21',
      'S22',
      'S25',
      'S26',
      'S27',
      'S28',
      'S29',
    ],
    property: 'P1',
    Store: class extends SoundStore {
      protected override take(value: Uint8Array): Uint8Array {
        return value.slice(0, -1)
      }
    },
  },
  {
    what: 'stores the whole buffer behind a view',
    rule: 'S10',
    property: 'P1',
    Store: class extends SoundStore {
      protected override take(value: Uint8Array): Uint8Array {
        return new Uint8Array(value.buffer.slice(0))
      }
    },
  },
  {
    what: 'keeps values as text',
    rule: 'S10',
    also: ['S12', 'S13', 'S16', 'S25', 'S28', 'S29'],
    property: 'P1',
    Store: class extends SoundStore {
      protected override take(value: Uint8Array): Uint8Array {
        return new TextEncoder().encode(new TextDecoder().decode(value))
      }
    },
  },
  {
    what: 'loads into shared memory',
    rule: 'S10',
    Store: class extends SoundStore {
      protected override give(value: Uint8Array | undefined): Uint8Array | undefined {
        if (value === undefined) return undefined
        const shared = new Uint8Array(new SharedArrayBuffer(value.byteLength))
        shared.set(value)
        return shared
      }
    },
  },
  {
    what: 'takes the empty value for an absent one',
    rule: 'S11',
    also: ['S3', 'S10', 'S12', 'S25', 'S26', 'S28', 'S29'],
    property: 'P3',
    Store: class extends SoundStore {
      protected override give(value: Uint8Array | undefined): Uint8Array | undefined {
        return value?.byteLength === 0 ? undefined : super.give(value)
      }
    },
  },
  {
    what: 'does not list keys with empty values',
    rule: 'S11',
    also: ['S26', 'S28', 'S29'],
    property: 'P3',
    Store: class extends SoundStore {
      protected override matches(key: string, prefix: string): boolean {
        return super.matches(key, prefix) && this.medium.get(key)?.byteLength !== 0
      }
    },
  },
  {
    what: 'truncates values above one MiB',
    rule: 'S12',
    Store: class extends SoundStore {
      protected override take(value: Uint8Array): Uint8Array {
        return value.slice(0, 1024 * 1024)
      }
    },
  },
  {
    what: 'loses a second block that is nearly empty',
    rule: 'S12',
    Store: class extends SoundStore {
      protected override take(value: Uint8Array): Uint8Array {
        return value.byteLength > 65_536 && value.byteLength < 66_000 ? value.slice(0, 65_536) : value.slice()
      }
    },
  },
  {
    what: 'keeps the bytes of the caller of store()',
    rule: 'S13',
    property: 'P1',
    Store: class extends SoundStore {
      protected override take(value: Uint8Array): Uint8Array {
        return value
      }
    },
  },
  {
    what: 'hands out its own bytes',
    rule: 'S14',
    Store: class extends SoundStore {
      protected override give(value: Uint8Array | undefined): Uint8Array | undefined {
        return value
      }
    },
  },
  {
    what: 'hands out one buffer for a key named twice',
    rule: 'S14',
    Store: class extends SoundStore {
      override async loadMany(keys: readonly string[], options?: StoreOptions): Promise<(Uint8Array | undefined)[]> {
        const values = await super.loadMany(keys, options)
        return keys.map(key => values[keys.indexOf(key)])
      }
    },
  },
]
