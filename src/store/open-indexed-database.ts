import { checkSignal } from '../core/check.ts'
import { CacheError } from '../errors.ts'
import { IndexedDatabase } from './indexed-database.ts'
import { levelError } from './level-error.ts'
import type { LevelGuard } from './level-guard.ts'
import type { LevelOpening, OpenedLevel } from './level-open-options.ts'
import { lockTab, type TabLock } from './tab-lock.ts'

/** Opens, and if need be creates, the IndexedDB database that `opening` names. */
export async function openIndexedDatabase(opening: LevelOpening): Promise<OpenedLevel> {
  const { location, signal, readOnly } = opening
  if (typeof indexedDB === 'undefined') {
    throw new CacheError('UNAVAILABLE', `Cannot open ${location}: there is no IndexedDB here`)
  }
  const lock = opening.lock && !readOnly ? await lockTab(location, opening.waitForLock, signal) : undefined
  const database = new IndexedDatabase(location)
  try {
    await database.open()
    checkSignal(signal)
  } catch (error) {
    await database.close()
    await lock?.release()
    throw levelError(error, `Cannot open ${location}`)
  }
  const durability = database.canBeStrict ? opening.durability : 'process'
  return { database, durability, guard: guardOf(database, lock, readOnly) }
}

function guardOf(database: IndexedDatabase, lock: TabLock | undefined, readOnly: boolean): LevelGuard {
  return {
    // Who removes a database asks nobody for the lock.
    get isAlone() {
      return lock?.isHeld === true && !database.wasLost
    },
    checkWrite() {
      if (readOnly) throw new CacheError('READ_ONLY', 'The store was opened read-only')
      if (lock?.isHeld === false) throw new CacheError('LOCKED', 'Another tab took the lock of this database')
    },
    hasRoom: () => true,
    release: async () => await lock?.release(),
  }
}
