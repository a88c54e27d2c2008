import { LevelStore } from 'coldsnap/level'
import type { Opened, Variant } from '../contender.ts'
import { openSnapshot } from './snapshot.ts'

/** A SnapshotCache over a LevelStore. */
export async function open(directory: string, variant: Variant): Promise<Opened> {
  const store = await LevelStore.open(directory, { durability: variant.power ? 'power' : 'process' })
  return openSnapshot(store, variant)
}
