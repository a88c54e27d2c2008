import type { Opened, Variant } from '../contender.ts'
import { openSnapshot } from './snapshot.ts'

/** What it brings in; counted as a part of a read. */
export const imports = () => Promise.all([import('coldsnap'), import('coldsnap/level')])

/** A SnapshotCache over a LevelStore. */
export async function open(directory: string, variant: Variant): Promise<Opened> {
  const [coldsnap, { LevelStore }] = await imports()
  const store = await LevelStore.open(directory, { durability: variant.power ? 'power' : 'process' })
  return openSnapshot(coldsnap, store, variant)
}
