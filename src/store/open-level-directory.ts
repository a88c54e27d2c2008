import { checkSignal } from '../core/check.ts'
import { CacheError } from '../errors.ts'
import type { LevelDatabase } from './level-database.ts'
import { levelError } from './level-error.ts'
import { guardLevelDirectory } from './level-guard.ts'
import type { LevelOpening, OpenedLevel } from './level-open-options.ts'

/** Opens, and if need be creates, the LevelDB directory that `opening` names. */
export async function openLevelDirectory(opening: LevelOpening): Promise<OpenedLevel> {
  const { location, durability, signal, lock, waitForLock, readOnly } = opening
  if (!lock || waitForLock || readOnly) {
    throw new CacheError(
      'UNAVAILABLE',
      'LevelDB is opened by one writer, which does not wait: IndexedDB has the choice',
    )
  }
  const create = opening.database ?? (await loadLevel())
  try {
    const guard = await guardLevelDirectory(location)
    try {
      const database = create(location)
      await database.open()
      if (signal?.aborted) await database.close()
      checkSignal(signal)
      return { database, durability: guard === undefined ? 'process' : durability, guard }
    } catch (error) {
      await guard?.release()
      throw error
    }
  } catch (error) {
    throw levelError(error, `Cannot open ${location}`)
  }
}

async function loadLevel(): Promise<(location: string) => LevelDatabase> {
  try {
    const { Level } = await import('level')
    return location => new Level(location)
  } catch (cause) {
    throw new CacheError('UNAVAILABLE', 'Cannot load package level, which LevelStore.open needs', { cause })
  }
}
