import { MemoryStore } from '../../src/store/memory-store.ts'
import type { Store } from '../../src/store/store.ts'
import { InterceptedStore } from './intercepted-store.ts'

/** What is on `disk`, through the four methods that every store has and nothing more. It knows no signals. */
export function bareStore(disk: Store = new MemoryStore()): Store {
  return new InterceptedStore(disk, async (_, run) => await run())
}
