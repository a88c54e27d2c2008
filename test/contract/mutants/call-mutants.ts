import { CacheError } from '../../../src/errors.ts'
import type { StoreOptions } from '../../../src/store/store.ts'
import { type Mutant, SoundStore } from './sound-store.ts'

/** Broken concurrency, signals and closing. */
export const callMutants: readonly Mutant[] = [
  {
    what: 'writes a value in two halves',
    rule: 'S20',
    property: 'P4',
    Store: class extends SoundStore {
      override async store(key: string, value: Uint8Array, options?: StoreOptions): Promise<void> {
        const half = value.slice(0, value.byteLength >> 1)
        const whole = value.slice()
        await super.store(key, half, options)
        await super.store(key, whole)
      }
    },
  },
  {
    what: 'mixes two values that are written at the same time',
    rule: 'S20',
    property: 'P4',
    Store: class extends SoundStore {
      readonly #temporary = new Map<string, Uint8Array>()
      override async store(key: string, value: Uint8Array, options?: StoreOptions): Promise<void> {
        this.checkCall(options)
        this.checkKey(key)
        this.checkValue(value)
        // One temporary name per key: the second writer writes into the file of the first.
        const parts = [value.slice(0, value.byteLength >> 1), value.slice(value.byteLength >> 1)]
        this.#temporary.set(key, new Uint8Array(0))
        for (const part of parts) {
          await null
          const before = this.#temporary.get(key) ?? new Uint8Array(0)
          const after = new Uint8Array(before.byteLength + part.byteLength)
          after.set(before)
          after.set(part, before.byteLength)
          this.#temporary.set(key, after)
        }
        this.put(key, this.#temporary.get(key) ?? value)
      }
    },
  },
  {
    what: 'fails above a hundred calls at the same time, like a process without free file descriptors',
    rule: 'S21',
    Store: class extends SoundStore {
      #running = 0
      override async load(key: string, options?: StoreOptions): Promise<Uint8Array | undefined> {
        this.#running += 1
        try {
          if (this.#running > 100) throw new CacheError('IO', 'Too many open files')
          return await super.load(key, options)
        } finally {
          this.#running -= 1
        }
      }
    },
  },
  {
    what: 'ignores aborted signals',
    rule: 'S22',
    Store: class extends SoundStore {
      protected override checkCall(): void {
        super.checkCall(undefined)
      }
    },
  },
  {
    what: 'looks at the signal after the work is done',
    rule: 'S22',
    Store: class extends SoundStore {
      override async remove(key: string, options?: StoreOptions): Promise<void> {
        await super.remove(key)
        this.checkCall(options)
      }
    },
  },
  {
    what: 'loses the reason of an abort',
    rule: 'S22',
    Store: class extends SoundStore {
      protected override checkCall(options?: StoreOptions): void {
        super.checkCall(undefined)
        if (options?.signal?.aborted) throw new CacheError('ABORTED', 'The call was aborted')
      }
    },
  },
  {
    what: 'goes on listing after an abort',
    rule: 'S22',
    Store: class extends SoundStore {
      override async *list(prefix: string, options?: StoreOptions): AsyncGenerator<string> {
        this.checkCall(options)
        yield* super.list(prefix)
      }
    },
  },
  {
    what: 'works on after close()',
    rule: 'S23',
    Store: class extends SoundStore {
      override async close(): Promise<void> {}
    },
  },
  {
    what: 'lists nothing after close() instead of saying so',
    rule: 'S23',
    Store: class extends SoundStore {
      #closed = false
      override async *list(prefix: string, options?: StoreOptions): AsyncGenerator<string> {
        if (!this.#closed) yield* super.list(prefix, options)
      }
      override async close(): Promise<void> {
        this.#closed = true
        await super.close()
      }
    },
  },
  {
    what: 'refuses to be closed twice',
    rule: 'S24',
    Store: class extends SoundStore {
      override async close(): Promise<void> {
        this.checkCall(undefined)
        await super.close()
      }
    },
  },
]
