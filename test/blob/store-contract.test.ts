import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { storeBlobs } from '../../src/blob/store-blobs.ts'
import type { BlobHandle } from '../../src/contract/index.ts'
import { FileStore } from '../../src/store/file-store.ts'
import { LevelStore } from '../../src/store/level-store.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { PrefixStore } from '../../src/store/prefix-store.ts'
import type { Store } from '../../src/store/store.ts'
import { bareStore } from '../helpers/bare-store.ts'
import { runBlobContract } from './run-blob-contract.ts'
import { damageStored, storeKeys } from './stored-damage.ts'

const chunkBytes = 65_536

/** Blobs over a store in memory, of which further instances may be made; each over an object of its own if `isApart`. */
function inMemory(view: (store: Store) => Store, isApart = false): BlobHandle {
  const medium = new MemoryStore()
  const shared = view(medium)
  const open = async (): Promise<BlobHandle['store']> => storeBlobs(isApart ? view(medium) : shared, { chunkBytes })
  return {
    store: storeBlobs(shared, { chunkBytes }),
    reopen: open,
    // What the dead process held in memory is gone.
    crash: async () => storeBlobs(view(medium), { chunkBytes }),
    another: open,
    damage: async (namespace, key) => await damageStored(shared, namespace, key),
    pieces: async () => (await storeKeys(medium)).length,
  }
}

/** Blobs over what `open` opens in a directory of its own. */
async function inDirectory(open: (directory: string) => Promise<Store>): Promise<BlobHandle> {
  const directory = await mkdtemp(join(tmpdir(), 'coldsnap-blob-'))
  let store = await open(directory)
  return {
    store: storeBlobs(store, { chunkBytes }),
    async reopen() {
      await store.close?.()
      store = await open(directory)
      return storeBlobs(store, { chunkBytes })
    },
    damage: async (namespace, key) => await damageStored(store, namespace, key),
    pieces: async () => (await storeKeys(store)).length,
    async dispose() {
      await store.close?.()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

runBlobContract('storeBlobs over MemoryStore', () => inMemory(store => store))
const small = { maxBodyBytes: 1_000_000 }
runBlobContract('storeBlobs over the four methods', () => inMemory(bareStore), small)
runBlobContract(
  'storeBlobs over views that know nothing of each other',
  () => inMemory(store => new PrefixStore(store, 'p'.repeat(500)), true),
  small,
)
const fileOptions = { durability: 'process' } as const
runBlobContract('storeBlobs over FileStore', () => inDirectory(at => FileStore.open(at, fileOptions)), small)
runBlobContract('storeBlobs over LevelStore', () => inDirectory(at => LevelStore.open(at, fileOptions)), small)
