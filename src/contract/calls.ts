import type { Store, StoreOptions } from '../store/store.ts'
import { bytesOf } from './samples.ts'

/** One call of a store method, by the name of the method. */
export type Call = readonly [method: string, call: () => Promise<unknown>]

/** The name of a key that the calls of {@link callsWith} leave alone. */
export const bystander = 'bystander'

/**
 * Every method of `store` that takes a key, called with `key`; the optional ones only where they are there. A batch
 * has the key in its middle, between changes that must not happen.
 */
export function callsWith(store: Store, key: string, options?: StoreOptions): Call[] {
  const value = bytesOf('new')
  const calls: Call[] = [
    ['load()', () => store.load(key, options)],
    ['store()', () => store.store(key, value, options)],
    ['remove()', () => store.remove(key, options)],
  ]
  if (store.loadMany !== undefined) {
    const keys = [bystander, key, bystander]
    calls.push(['loadMany()', () => store.loadMany?.(keys, options) ?? Promise.resolve()])
  }
  if (store.batch !== undefined) {
    for (const type of ['store', 'remove'] as const) {
      const operations = [
        { type: 'store', key: 'before', value } as const,
        type === 'store' ? ({ type, key, value } as const) : ({ type, key } as const),
        { type: 'remove', key: bystander } as const,
      ]
      calls.push([`batch() that ${type}s`, () => store.batch?.(operations, options) ?? Promise.resolve()])
    }
  }
  return calls
}

/** Listing `prefix` to its end. */
export function listCall(store: Store, prefix: string, options?: StoreOptions): Call {
  const run = async (): Promise<void> => {
    for await (const key of store.list(prefix, options)) void key
  }
  return ['list()', run]
}
