import type { Opened } from '../contender.ts'
import { nativeModule } from '../native-module.ts'
import { openRecords } from './records.ts'

interface Statement<Row> {
  pluck(): Statement<Row>
  raw(): Statement<Row>
  get(...parameters: string[]): Row | undefined
  all(...parameters: string[]): Row[]
  run(...parameters: string[]): unknown
}

interface Database {
  pragma(text: string): unknown
  exec(text: string): unknown
  prepare<Row>(text: string): Statement<Row>
  transaction(run: () => void): () => void
  close(): unknown
}

/** SQLite with a row per peer. A write counts when it is with the system, not on the disk. */
export async function open(directory: string): Promise<Opened> {
  const Sqlite = nativeModule<new (path: string) => Database>('better-sqlite3')
  const db = new Sqlite(`${directory}/state.sqlite`)
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = OFF')
  db.exec('CREATE TABLE IF NOT EXISTS records (key TEXT PRIMARY KEY, text TEXT NOT NULL)')
  const one = db.prepare<string>('SELECT text FROM records WHERE key = ?').pluck()
  const range = db.prepare<[string, string]>('SELECT key, text FROM records WHERE key >= ? AND key < ?').raw()
  const put = db.prepare('INSERT OR REPLACE INTO records VALUES (?, ?)')
  const remove = db.prepare('DELETE FROM records WHERE key = ?')
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
