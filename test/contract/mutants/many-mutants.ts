import type { StoreOperation, StoreOptions } from '../../../src/store/store.ts'
import { type Medium, type Mutant, SoundStore } from './sound-store.ts'

/** Broken loadMany, batch and durability. */
export const manyMutants: readonly Mutant[] = [
  {
    what: 'leaves absent keys out of the answers',
    rule: 'S25',
    property: 'P3',
    Store: class extends SoundStore {
      override async loadMany(keys: readonly string[], options?: StoreOptions): Promise<(Uint8Array | undefined)[]> {
        return (await super.loadMany(keys, options)).filter(value => value !== undefined)
      }
    },
  },
  {
    what: 'answers in the order of its keys, not of the call',
    rule: 'S25',
    property: 'P3',
    Store: class extends SoundStore {
      override async loadMany(keys: readonly string[], options?: StoreOptions): Promise<(Uint8Array | undefined)[]> {
        return await super.loadMany([...keys].sort(), options)
      }
    },
  },
  {
    what: 'answers once for a key named twice',
    rule: 'S25',
    also: ['S14'],
    property: 'P3',
    Store: class extends SoundStore {
      override async loadMany(keys: readonly string[], options?: StoreOptions): Promise<(Uint8Array | undefined)[]> {
        return await super.loadMany([...new Set(keys)], options)
      }
    },
  },
  {
    what: 'does removals before stores',
    rule: 'S26',
    property: 'P3',
    Store: class extends SoundStore {
      protected override apply(operations: readonly StoreOperation[]): void {
        super.apply(operations.filter(operation => operation.type === 'remove'))
        super.apply(operations.filter(operation => operation.type === 'store'))
      }
    },
  },
  {
    what: 'lets the first of two operations on a key win',
    rule: 'S26',
    property: 'P3',
    Store: class extends SoundStore {
      protected override apply(operations: readonly StoreOperation[]): void {
        const seen = new Set<string>()
        super.apply(operations.filter(({ key }) => !seen.has(key) && seen.add(key)))
      }
    },
  },
  {
    what: 'does the operations up to the bad one',
    rule: 'S27',
    also: ['S17', 'S18', 'S19'],
    Store: class extends SoundStore {
      override async batch(...[operations, options]: Parameters<SoundStore['batch']>): Promise<void> {
        this.checkCall(options)
        for (const operation of operations) await super.batch([operation])
      }
    },
  },
  {
    what: 'leaves out the bad operations of a batch',
    rule: 'S27',
    also: ['S17', 'S18', 'S19'],
    Store: class extends SoundStore {
      override async batch(...[operations, options]: Parameters<SoundStore['batch']>): Promise<void> {
        this.checkCall(options)
        for (const operation of operations) await super.batch([operation]).catch(() => {})
      }
    },
  },
  {
    what: 'forgets empty values when it is opened anew',
    rule: 'S28',
    also: ['S29'],
    property: 'P3',
    Store: class extends SoundStore {
      constructor(medium: Medium) {
        super(medium)
        for (const [key, value] of medium) if (value.byteLength === 0) medium.delete(key)
      }
    },
  },
  {
    what: 'brings back what was removed when it is closed',
    rule: 'S28',
    property: 'P3',
    Store: class extends SoundStore {
      readonly #removed = new Map<string, Uint8Array>()
      protected override delete(key: string): void {
        const value = this.medium.get(key)
        if (value !== undefined) this.#removed.set(key, value)
        super.delete(key)
      }
      override async close(): Promise<void> {
        await super.close()
        for (const [key, value] of this.#removed) if (!this.medium.has(key)) this.medium.set(key, value)
      }
    },
  },
  {
    what: 'writes at close() only',
    rule: 'S29',
    property: 'P3',
    Store: class extends SoundStore {
      readonly #target: Medium
      constructor(medium: Medium) {
        super(new Map(medium))
        this.#target = medium
      }
      override async close(): Promise<void> {
        await super.close()
        this.#target.clear()
        for (const [key, value] of this.medium) this.#target.set(key, value)
      }
    },
  },
]
