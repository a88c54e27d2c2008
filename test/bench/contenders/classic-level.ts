import type { Opened } from '../contender.ts'
import { openRecords } from './records.ts'

/** What it brings in; counted as a part of a read. */
export const imports = () => import('classic-level')

/** LevelDB with a key per peer. A write counts when it is with the system, not on the disk. */
export async function open(directory: string): Promise<Opened> {
  const { ClassicLevel } = await imports()
  const db = new ClassicLevel<string, string>(directory)
  await db.open()
  return openRecords({
    get: key => db.get(key),
    async range(prefix) {
      // In bulk and with a large mark: four times as fast as entry by entry.
      const iterator = db.iterator({ gte: prefix, lt: `${prefix}~`, highWaterMarkBytes: 16 << 20 })
      const entries: [string, string][] = []
      for (;;) {
        const next = await iterator.nextv(1000)
        if (next.length === 0) break
        for (const entry of next) entries.push(entry)
      }
      await iterator.close()
      return entries
    },
    async write(changed, removed) {
      await db.batch([
        ...changed.map(([key, value]) => ({ type: 'put' as const, key, value })),
        ...removed.map(key => ({ type: 'del' as const, key })),
      ])
    },
    close: () => db.close(),
  })
}
