import { DatabaseStore } from './database-store.ts'
import { LevelHandle } from './level-handle.ts'
import { checkOpening, type LevelStoreOpenOptions } from './level-open-options.ts'
import { openIndexedDatabase } from './open-indexed-database.ts'

/** The {@link DatabaseStore} that bundlers for browsers find under `coldsnap/level`: without a line for LevelDB. */
export class LevelStore extends DatabaseStore {
  /** Opens, and if need be creates, the IndexedDB database `name`, as level-store.ts does in a browser. */
  static async open(name: string, options: LevelStoreOpenOptions = {}): Promise<LevelStore> {
    const { database, durability, guard } = await openIndexedDatabase(checkOpening(name, options))
    return new LevelStore(database, { durability }).own(new LevelHandle(database, guard))
  }
}
