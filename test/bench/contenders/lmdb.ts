import { open as openDatabase } from 'lmdb'
import type { Opened } from '../contender.ts'
import { openRecords } from './records.ts'

/** LMDB with a key per peer. A write counts when it is with the system, not on the disk. */
export async function open(directory: string): Promise<Opened> {
  const db = openDatabase<string, string>({ path: `${directory}/state.mdb`, encoding: 'string', noSync: true })
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
