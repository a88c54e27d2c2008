import { checkKey, checkPrefix } from '../../../src/core/check.ts'
import { CacheError } from '../../../src/errors.ts'
import { type Medium, type Mutant, SoundStore } from './sound-store.ts'

/** A store that keeps keys under other names. */
function renaming(rename: (key: string) => string): new (medium: Medium) => SoundStore {
  return class extends SoundStore {
    protected override get(key: string): Uint8Array | undefined {
      return super.get(rename(key))
    }
    protected override put(key: string, value: Uint8Array): void {
      super.put(rename(key), value)
    }
    protected override delete(key: string): void {
      super.delete(rename(key))
    }
  }
}

/** A store with another check of keys. */
function checking(check: (key: string) => void): new (medium: Medium) => SoundStore {
  return class extends SoundStore {
    protected override checkKey(key: string): void {
      check(key)
    }
  }
}

/** Broken keys and refusals. */
export const keyMutants: readonly Mutant[] = [
  {
    what: 'folds case',
    rule: 'S15',
    also: ['S7', 'S16', 'S28', 'S29'],
    property: 'P3',
    Store: renaming(key => key.toLowerCase()),
  },
  { what: 'normalises to NFC', rule: 'S15', also: ['S7'], property: 'P3', Store: renaming(key => key.normalize()) },
  {
    what: 'keeps keys in a plain object, where __proto__ is lost and digits come first',
    rule: 'S16',
    also: ['S25', 'S28', 'S29'],
    property: 'P3',
    Store: class extends SoundStore {
      protected override put(key: string, value: Uint8Array): void {
        if (!(key in {})) super.put(key, value)
      }
    },
  },
  {
    what: 'ends keys at NUL',
    rule: 'S16',
    also: ['S6', 'S7', 'S25', 'S28', 'S29'],
    property: 'P3',
    Store: renaming(key => key.split('\0')[0] || key),
  },
  {
    what: 'strips dots and blanks at the end, as Windows does',
    rule: 'S16',
    also: ['S1', 'S25', 'S28', 'S29'],
    Store: renaming(key => key.replace(/[ .]+$/, '') || key),
  },
  { what: 'decodes percent signs', rule: 'S16', also: ['S25', 'S28', 'S29'], Store: renaming(decode) },
  {
    what: 'cuts keys at 255 bytes',
    rule: 'S17',
    also: ['S28', 'S29'],
    Store: renaming(key => key.slice(0, 255)),
  },
  {
    what: 'accepts the empty key',
    rule: 'S17',
    also: ['S27'],
    Store: checking(key => {
      if (key !== '') checkKey(key)
    }),
  },
  { what: 'accepts keys above the limit', rule: 'S17', also: ['S27'], Store: checking(key => checkKey(key, 1e9)) },
  {
    what: 'counts the limit in UTF-16 units',
    rule: 'S17',
    Store: checking(key => checkKey(key, typeof key === 'string' && key.length <= 1024 ? 1e9 : 1024)),
  },
  {
    what: 'refuses keys of 1,024 bytes',
    rule: 'S17',
    also: ['S28', 'S29'],
    Store: checking(key => checkKey(key, 1023)),
  },
  {
    what: 'refuses a bad key with another code',
    rule: 'S17',
    also: ['S27'],
    Store: checking(key => {
      if (key === '') throw new CacheError('IO', 'Key must not be empty')
      checkKey(key)
    }),
  },
  {
    what: 'accepts lone surrogates, as U+FFFD',
    rule: 'S18',
    also: ['S27'],
    Store: checking(key => checkKey(typeof key === 'string' ? key.replace(/\p{Surrogate}/gu, '\ufffd') : key)),
  },
  {
    what: 'lists a prefix with a lone surrogate',
    rule: 'S18',
    Store: class extends SoundStore {
      override async *list(...[prefix, options]: Parameters<SoundStore['list']>): AsyncGenerator<string> {
        yield* super.list(typeof prefix === 'string' ? prefix.replace(/\p{Surrogate}/gu, '') : prefix, options)
      }
    },
  },
  {
    what: 'turns keys into strings',
    rule: 'S19',
    Store: class extends SoundStore {
      protected override checkKey(key: string): void {
        checkPrefix(String(key))
        checkKey(String(key))
      }
    },
  },
  {
    what: 'turns arrays and text into bytes',
    rule: 'S19',
    also: ['S27'],
    Store: class extends SoundStore {
      protected override checkValue(): void {}
    },
  },
]

function decode(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}
