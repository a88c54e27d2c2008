// One of several processes that want the same directory. It waits for one line on its input, a JSON array
// [name of the store, directory, its own name, number of writes, whether there is a lock], and prints how often it was
// refused.
import { createInterface } from 'node:readline'
import { isCacheError } from '../../src/errors.ts'
import { FileStore } from '../../src/store/file-store.ts'
import { LevelStore } from '../../src/store/level-store.ts'
import { raceCache, raceState } from './race-state.ts'

console.log('ready')
for await (const line of createInterface(process.stdin)) {
  const [name, dir, writer, writes, lock] = JSON.parse(line) as [string, string, string, number, boolean]
  const open = (): Promise<FileStore | LevelStore> =>
    name === 'FileStore'
      ? FileStore.open(dir, { durability: 'process', lock })
      : LevelStore.open(dir, { durability: 'process' })
  let refused = 0
  let store: FileStore | LevelStore | undefined
  for (let turn = 1; turn <= writes; ) {
    try {
      store = lock ? await open() : (store ?? (await open()))
    } catch (error) {
      if (!isCacheError(error, 'LOCKED')) throw error
      refused++
      await new Promise(resolve => setTimeout(resolve, Math.random() * 4))
      continue
    }
    const cache = raceCache(store)
    // With the lock, nobody writes between this load and this store: no count gets lost.
    const total = (await cache.load())?.state.self.total ?? 0
    await cache.store(raceState(writer, turn, total + 1))
    if (lock) await store.close()
    turn++
  }
  if (!lock) await store?.close()
  console.log(JSON.stringify({ refused }))
  process.exit()
}
