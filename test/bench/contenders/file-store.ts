import { FileStore } from 'coldsnap/file'
import type { Opened, Variant } from '../contender.ts'
import { openSnapshot } from './snapshot.ts'

/** A SnapshotCache over a FileStore. */
export async function open(directory: string, variant: Variant): Promise<Opened> {
  const store = await FileStore.open(directory, { durability: variant.power ? 'power' : 'process' })
  return openSnapshot(store, variant)
}
