import Database from 'better-sqlite3'
import type { Opened } from '../contender.ts'
import { openRecords } from './records.ts'

/** SQLite with a row per peer. A write counts when it is with the system, not on the disk. */
export async function open(directory: string): Promise<Opened> {
  const db = new Database(`${directory}/state.sqlite`)
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = OFF')
  db.exec('CREATE TABLE IF NOT EXISTS records (key TEXT PRIMARY KEY, text TEXT NOT NULL)')
  const one = db.prepare<[string], string>('SELECT text FROM records WHERE key = ?').pluck()
  const range = db
    .prepare<[string, string], [string, string]>('SELECT key, text FROM records WHERE key >= ? AND key < ?')
    .raw()
  const put = db.prepare<[string, string]>('INSERT OR REPLACE INTO records VALUES (?, ?)')
  const remove = db.prepare<[string]>('DELETE FROM records WHERE key = ?')
  return openRecords({
    get: async key => one.get(key),
    range: async prefix => range.all(prefix, `${prefix}~`),
    async write(changed, removed) {
      db.transaction(() => {
        for (const [key, text] of changed) put.run(key, text)
        for (const key of removed) remove.run(key)
      })()
    },
    close: async () => void db.close(),
  })
}
