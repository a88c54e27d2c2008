// Opens damaged LevelDB directories, in a process of its own because LevelDB may abort it. It reads the path of one per
// line and prints what came of it.
import { createInterface } from 'node:readline'
import { isDeepStrictEqual } from 'node:util'
import { isCacheError } from '../../src/errors.ts'
import { LevelStore } from '../../src/store/level-store.ts'
import { makeState, openApp } from '../snapshot/app-state.ts'

/** How many snapshots the databases hold. */
export const damagedStates = 4

// Which of the snapshots of the database a state is, -1 if none.
function tickOf(found: unknown): number {
  return Array.from({ length: damagedStates }, (_, tick) => makeState(tick, 6)).findIndex(state =>
    isDeepStrictEqual(state, found),
  )
}

async function outcomeOf(dir: string): Promise<string> {
  try {
    const store = await LevelStore.open(dir)
    try {
      const found = (await openApp(store).load())?.state
      if (found !== undefined && tickOf(found) < 0) return 'wrong'
      // Where it opens, the cache works on.
      await openApp(store).store(makeState(9))
      const stored = (await openApp(store).load())?.state
      if (!isDeepStrictEqual(stored, makeState(9)))
        return stored === undefined || tickOf(stored) >= 0 ? 'hidden' : 'wrong'
      return found === undefined ? 'nothing' : tickOf(found) === damagedStates - 1 ? 'newest' : 'older'
    } finally {
      await store.close()
    }
  } catch (error) {
    return isCacheError(error) ? error.code : `threw ${String(error)}`
  }
}

if (process.argv[2] === 'read') {
  for await (const dir of createInterface(process.stdin)) console.log(await outcomeOf(dir))
}
