import { type Entry, entryUntil } from '../../src/group/entry.ts'
import { RecordStore, type RecordStoreOptions } from '../../src/group/record-store.ts'
import type { Store } from '../../src/store/store.ts'
import { bytes } from '../store/scratch.ts'

export { until } from './until.ts'

/** When the tests take place. */
export const now = 1_700_000_000_000

/** A value that never expires, or at `expiresAtMs`. */
export function entry(text: string, expiresAtMs: number = Number.POSITIVE_INFINITY): Entry {
  return entryUntil(bytes(text), expiresAtMs)
}

/** Records of group `users`, run `one`, at a clock that stands still. */
export function openRecords(store: Store, options: Partial<RecordStoreOptions> = {}): RecordStore {
  return new RecordStore(store, { group: 'users', runId: 'one', clock: () => now, ...options })
}

/** The value under `key` as text, or `undefined`. */
export async function textOf(records: RecordStore, key: string): Promise<string | undefined> {
  const found = await records.load(key)
  return found === undefined ? undefined : new TextDecoder().decode(found.entry.value)
}
