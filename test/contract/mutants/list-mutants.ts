import { CacheError } from '../../../src/errors.ts'
import type { StoreOptions } from '../../../src/store/store.ts'
import { type Mutant, SoundStore } from './sound-store.ts'

/** Broken list(). */
export const listMutants: readonly Mutant[] = [
  {
    what: 'takes the prefix for a path segment',
    rule: 'S6',
    also: ['S7', 'S8', 'S9'],
    property: 'P2',
    Store: class extends SoundStore {
      protected override matches(key: string, prefix: string): boolean {
        return prefix === '' || prefix.endsWith('/') ? key.startsWith(prefix) : `${key}/`.startsWith(`${prefix}/`)
      }
    },
  },
  {
    what: 'leaves out the key that equals the prefix',
    rule: 'S6',
    also: ['S2', 'S7'],
    property: 'P2',
    Store: class extends SoundStore {
      protected override matches(key: string, prefix: string): boolean {
        return key !== prefix && super.matches(key, prefix)
      }
    },
  },
  {
    what: 'ends the range of a prefix at U+FFFF in UTF-16 order, below emoji in UTF-8 order',
    rule: 'S6',
    also: ['S7'],
    Store: class extends SoundStore {
      protected override matches(key: string, prefix: string): boolean {
        const next = key.codePointAt(prefix.length) ?? 0
        return super.matches(key, prefix) && (prefix === '' || next < 0xffff)
      }
    },
  },
  {
    what: 'ends the range of a prefix by counting its last byte up and decoding it, which fails in a character',
    rule: 'S6',
    Store: class extends SoundStore {
      protected override matches(key: string, prefix: string): boolean {
        return prefix === '' || (key >= prefix && key < successor(prefix))
      }
    },
  },
  {
    what: 'takes the prefix for a pattern',
    rule: 'S6',
    Store: class extends SoundStore {
      protected override matches(key: string, prefix: string): boolean {
        return super.matches(key, prefix) || (prefix.endsWith('*') && key.startsWith(prefix.slice(0, -1)))
      }
    },
  },
  {
    what: 'lists in the order of storing',
    rule: 'S7',
    also: ['S3'],
    property: 'P2',
    Store: class extends SoundStore {
      protected override sort(keys: string[]): string[] {
        return keys
      }
    },
  },
  {
    what: 'lists in the order of UTF-16 units',
    rule: 'S7',
    property: 'P2',
    Store: class extends SoundStore {
      protected override sort(keys: string[]): string[] {
        return keys.sort()
      }
    },
  },
  {
    what: 'lists in the order of a locale, numbers by value',
    rule: 'S7',
    property: 'P2',
    Store: class extends SoundStore {
      protected override sort(keys: string[]): string[] {
        return keys.sort(new Intl.Collator('en', { numeric: true }).compare)
      }
    },
  },
  {
    what: 'walks the live keys by index, so that a removal skips one',
    rule: 'S8',
    Store: class extends SoundStore {
      protected override *snapshot(prefix: string): Iterable<string> {
        for (let index = 0; ; index++) {
          const key = [...super.snapshot(prefix)][index]
          if (key === undefined) return
          yield key
        }
      }
    },
  },
  {
    what: 'reads pages of ten by offset, which overlap if a key was stored before them',
    rule: 'S8',
    Store: class extends SoundStore {
      protected override *snapshot(prefix: string): Iterable<string> {
        for (let offset = 0; ; offset += 10) {
          const page = [...super.snapshot(prefix)].slice(offset, offset + 10)
          if (page.length === 0) return
          yield* page
        }
      }
    },
  },
  {
    what: 'keeps a cursor open when a listing is left early, and has a hundred of them',
    rule: 'S9',
    Store: class extends SoundStore {
      #open = 0
      override async *list(prefix: string, options?: StoreOptions): AsyncGenerator<string> {
        if (this.#open === 100) throw new CacheError('IO', 'Too many open cursors')
        this.#open += 1
        yield* super.list(prefix, options)
        // Not in a finally block: the fault.
        this.#open -= 1
      }
    },
  },
  {
    what: 'has one cursor for all listings',
    rule: 'S9',
    Store: class extends SoundStore {
      #cursor = 0
      protected override *snapshot(prefix: string): Iterable<string> {
        const keys = [...super.snapshot(prefix)]
        for (this.#cursor = 0; this.#cursor < keys.length; this.#cursor++) yield keys[this.#cursor] ?? ''
      }
    },
  },
]

function successor(prefix: string): string {
  const bytes = new TextEncoder().encode(prefix)
  const last = bytes.byteLength - 1
  bytes[last] = (bytes[last] ?? 0) + 1
  return new TextDecoder().decode(bytes)
}
