import { join } from 'node:path'
import type { FileSystem } from '../../src/store/file-io.ts'
import { type Durability, FileStore } from '../../src/store/file-store.ts'
import { type Fault, faultyFileSystem } from './faulty-file-system.ts'
import { bytes, scratch } from './scratch.ts'

/** What {@link storeWith} has stored. */
export const old = bytes('old')

/** A store that holds `old` under `k`, with a file system that fails only from then on. */
export async function storeWith(fault: Fault, durability: Durability = 'power', changes: Partial<FileSystem> = {}) {
  const dir = join(scratch(), 'store')
  let armed = false
  const io = faultyFileSystem((operation, args) => (armed ? fault(operation, args) : undefined), changes)
  const store = await FileStore.open(dir, { io, durability })
  await store.store('k', old)
  armed = true
  const disarm = (): void => {
    armed = false
  }
  return { dir, store, disarm }
}
