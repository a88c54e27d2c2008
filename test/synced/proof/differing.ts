import type { SyncedCache } from '../../../src/synced/index.ts'
import { patienceMs, type Scene } from './scene.ts'

/** The keys for which any of `caches` answers something else than a cache that was opened just now, and so asks Redis. */
export async function differing<T>(
  scene: Scene,
  keys: readonly string[],
  ...caches: readonly SyncedCache<T>[]
): Promise<string[]> {
  const fresh = await scene.open<T>({ timeoutMs: patienceMs })
  const truth = await fresh.getMany(keys)
  const found = new Set<string>()
  for (const cache of caches) {
    const held = await cache.getMany(keys)
    for (const key of keys) if (JSON.stringify(held.get(key)) !== JSON.stringify(truth.get(key))) found.add(key)
  }
  await fresh.close()
  return [...found]
}
