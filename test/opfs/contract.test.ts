import { storeBlobs } from '../../src/blob/store-blobs.ts'
import { blobContract, crashCases, type StoreHandle } from '../../src/contract/index.ts'
import type { OpfsStoreOptions } from '../../src/opfs/opfs-store.ts'
import { damageStored, storeKeys } from '../blob/stored-damage.ts'
import { runCases } from '../contract/run-cases.ts'
import { runContract, runContractBothWays } from '../contract/run-contract.ts'
import { FakePlace, openFake } from './fake-place.ts'

async function open(place = new FakePlace(), options: OpfsStoreOptions = {}): Promise<StoreHandle> {
  let store = await openFake(place, options)
  return {
    store,
    async reopen() {
      await store.close()
      store = await openFake(place, options)
      return store
    },
    async crash() {
      store = await openFake(place, options)
      return store
    },
    fork: async () => await open(place.copy(), options),
    dispose: async () => await store.close(),
  }
}

// Real files take 64 MiB, in Chromium; these are copied when they grow.
const maxValueBytes = 4 * 1024 * 1024

runContractBothWays('OpfsStore on fake files', () => open(), { maxValueBytes })
runContract('OpfsStore that does not flush', () => open(new FakePlace(), { durability: 'process' }), { maxValueBytes })
runContract('OpfsStore that compacts whenever it can', () => open(new FakePlace(), { minGarbageBytes: 0 }), {
  maxValueBytes,
})
runContract(
  'OpfsStore on files that move a few bytes at a time',
  async () => {
    const place = new FakePlace()
    place.onFile = file => {
      file.maxMoved = 5_000
    }
    return await open(place)
  },
  { maxValueBytes: 1_000_000 },
)
runCases(
  'SnapshotCache on OpfsStore',
  crashCases(() => open()),
)
runCases(
  'storeBlobs on OpfsStore',
  blobContract(
    async () => {
      const handle = await open()
      const chunkBytes = 65_536
      let newest = handle.store
      const another = async () => {
        newest = await handle.crash!()
        return storeBlobs(newest, { chunkBytes })
      }
      return {
        store: storeBlobs(newest, { chunkBytes }),
        async reopen() {
          newest = await handle.reopen!()
          return storeBlobs(newest, { chunkBytes })
        },
        crash: another,
        damage: async (namespace, key) => await damageStored(newest, namespace, key),
        pieces: async () => (await storeKeys(newest)).length,
        dispose: async () => await handle.dispose!(),
      }
    },
    { maxBodyBytes: 1_000_000 },
  ),
)
