import type { Opened } from '../contender.ts'
import { nativeModule } from '../native-module.ts'
import { openRecords } from './records.ts'

interface Range {
  map<T>(to: (entry: { key: string; value: string }) => T): Iterable<T>
}

interface Database {
  get(key: string): string | undefined
  getRange(range: { start: string; end: string }): Range
  put(key: string, value: string): unknown
  remove(key: string): unknown
  transaction(run: () => void): Promise<unknown>
  close(): Promise<void>
}

interface Lmdb {
  open(options: { path: string; encoding: 'string'; noSync: boolean }): Database
}

/** LMDB with a key per peer. A write counts when it is with the system, not on the disk. */
export async function open(directory: string): Promise<Opened> {
  const db = nativeModule<Lmdb>('lmdb').open({ path: `${directory}/state.mdb`, encoding: 'string', noSync: true })
  return openRecords({
    get: async key => db.get(key),
    range: async prefix => db.getRange({ start: prefix, end: `${prefix}~` }).map(({ key, value }) => [key, value]),
    async write(changed, removed) {
      await db.transaction(() => {
        for (const [key, text] of changed) db.put(key, text)
        for (const key of removed) db.remove(key)
      })
    },
    close: () => db.close(),
  })
}
