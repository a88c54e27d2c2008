import { CacheError } from '../../../src/errors.ts'
import { type Mutant, SoundStore } from './sound-store.ts'

/** Broken load, store and remove. */
export const verbMutants: readonly Mutant[] = [
  {
    what: 'throws when a key is missing',
    rule: 'S1',
    also: ['S4', 'S11', 'S12', 'S15', 'S16', 'S17', 'S20', 'S25'],
    property: 'P3',
    Store: class extends SoundStore {
      protected override get(key: string): Uint8Array | undefined {
        const value = super.get(key)
        if (value === undefined) throw new CacheError('IO', `Cannot load ${key}: no such key`)
        return value
      }
    },
  },
  {
    what: 'loads an absent key as zero bytes',
    rule: 'S1',
    also: ['S4', 'S11', 'S12', 'S15', 'S16', 'S17', 'S20', 'S25'],
    Store: class extends SoundStore {
      protected override get(key: string): Uint8Array | undefined {
        return super.get(key) ?? new Uint8Array(0)
      }
    },
  },
  {
    what: 'resolves store() before the value is visible',
    rule: 'S2',
    also: 'any',
    property: 'P3',
    Store: class extends SoundStore {
      protected override put(key: string, value: Uint8Array): void {
        setTimeout(() => super.put(key, value), 5)
      }
    },
  },
  {
    what: 'keeps the first value of a key',
    rule: 'S3',
    also: ['S10', 'S12', 'S13', 'S22', 'S26', 'S28', 'S29'],
    property: 'P3',
    Store: class extends SoundStore {
      protected override put(key: string, value: Uint8Array): void {
        if (!this.medium.has(key)) super.put(key, value)
      }
    },
  },
  {
    what: 'writes a shorter value over a longer one without cutting it',
    rule: 'S3',
    also: ['S10', 'S11'],
    property: 'P3',
    Store: class extends SoundStore {
      protected override put(key: string, value: Uint8Array): void {
        const merged = super.get(key)?.slice() ?? new Uint8Array(0)
        if (merged.byteLength <= value.byteLength) super.put(key, value)
        else {
          merged.set(value)
          super.put(key, merged)
        }
      }
    },
  },
  {
    what: 'removes whatever is below a removed key, like a directory',
    rule: 'S4',
    also: ['S16', 'S28', 'S29'],
    property: 'P3',
    Store: class extends SoundStore {
      protected override delete(key: string): void {
        for (const name of [...this.medium.keys()]) if (`${name}/`.startsWith(`${key}/`)) super.delete(name)
      }
    },
  },
  {
    what: 'leaves a removed key in the list',
    rule: 'S4',
    also: ['S9', 'S15', 'S16', 'S17', 'S20', 'S21', 'S26', 'S27'],
    property: 'P3',
    Store: class extends SoundStore {
      readonly #removed = new Set<string>()
      protected override delete(key: string): void {
        if (this.medium.has(key)) this.#removed.add(key)
        super.delete(key)
      }
      protected override snapshot(prefix: string): Iterable<string> {
        const removed = [...this.#removed].filter(key => key.startsWith(prefix))
        return this.sort([...new Set([...super.snapshot(prefix), ...removed])])
      }
    },
  },
  {
    what: 'throws when an absent key is removed',
    rule: 'S5',
    also: ['S8', 'S26'],
    property: 'P3',
    Store: class extends SoundStore {
      protected override delete(key: string): void {
        if (!this.medium.has(key)) throw new CacheError('IO', `Cannot remove ${key}: no such key`)
        super.delete(key)
      }
    },
  },
]
