import type { Opened, Variant } from '../contender.ts'
import { openSnapshot } from './snapshot.ts'

/** What it brings in; counted as a part of a read. */
export const imports = () => Promise.all([import('coldsnap'), import('coldsnap/file')])

/** A SnapshotCache over a FileStore. */
export async function open(directory: string, variant: Variant): Promise<Opened> {
  const [coldsnap, { FileStore }] = await imports()
  const store = await FileStore.open(directory, { durability: variant.power ? 'power' : 'process' })
  return openSnapshot(coldsnap, store, variant)
}
