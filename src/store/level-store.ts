import { builtinModule } from '../bytes/builtin-module.ts'
import { DatabaseStore } from './database-store.ts'
import { LevelHandle } from './level-handle.ts'
import { checkOpening, type LevelOpening, type LevelStoreOpenOptions, type OpenedLevel } from './level-open-options.ts'
import { openLevelDirectory } from './open-level-directory.ts'

export type { DatabaseStore, DatabaseStoreOptions as LevelStoreOptions } from './database-store.ts'
export type { Durability } from './durability.ts'
export type {
  LevelDatabase,
  LevelKeyIterator,
  LevelKeyOptions,
  LevelOperation,
  LevelRangeOptions,
  LevelValueOptions,
  LevelWriteOptions,
} from './level-database.ts'
export type { LevelStoreOpenOptions } from './level-open-options.ts'

/**
 * A `Store` over LevelDB on Node and IndexedDB in browsers, or over any abstract-level database passed in. `batch` is one
 * batch of the database: all or nothing, also across a crash.
 *
 * Values may be of any size that fits in memory. Errors: `LOCKED`, `CORRUPT`, `STORE_FULL`, `NO_ACCESS`, `READ_ONLY`,
 * `CLOSED`, `ABORTED`, and `IO` for the rest.
 *
 * Bundlers for browsers find browser-level-store.ts in place of this file.
 */
export class LevelStore extends DatabaseStore {
  /**
   * Opens, and if need be creates, the LevelDB directory `location` (mode 0700), or in a browser the IndexedDB database
   * of that name. The store owns it: `close` closes it.
   * Errors: `LOCKED` (held by another process or tab, or by this one), `CORRUPT`, `NOT_A_DIRECTORY`, `NO_ACCESS`,
   * `STORE_FULL`, `UNAVAILABLE` (package `level` or IndexedDB is not there, or an option that only browsers have), `ABORTED`, `IO`.
   */
  static async open(location: string, options: LevelStoreOpenOptions = {}): Promise<LevelStore> {
    const opening = checkOpening(location, options)
    const { database, durability, guard } = await (isBrowser() ? openIndexed(opening) : openLevelDirectory(opening))
    return new LevelStore(database, { durability }).own(new LevelHandle(database, guard))
  }
}

// Where no bundler made the choice.
function isBrowser(): boolean {
  return 'indexedDB' in globalThis && builtinModule('node:fs') === undefined
}

async function openIndexed(opening: LevelOpening): Promise<OpenedLevel> {
  const { openIndexedDatabase } = await import('./open-indexed-database.ts')
  return await openIndexedDatabase(opening)
}
