import fc from 'fast-check'
import { storeBlobs } from '../../../src/blob/store-blobs.ts'
import {
  type BlobHandle,
  blobContract,
  crashCases,
  type StoreHandle,
  storeContract,
  storeProperties,
} from '../../../src/contract/index.ts'
import { OpfsStore } from '../../../src/opfs/opfs-store.ts'
import type { Store } from '../../../src/store/store.ts'
import { damageStored, storeKeys } from '../../blob/stored-damage.ts'
import { blobOptions, propertyRuns, storeOptions } from '../contract-options.ts'
import { casePageOf } from './expose-cases.ts'
import { answerCalls } from './worker-calls.ts'

let opened = 0

/** A store of its own, which is removed in the end. */
async function openOpfs(name = `case-${++opened}`): Promise<StoreHandle> {
  let store = await OpfsStore.open(name)
  return {
    store,
    async reopen() {
      await store.close()
      store = await OpfsStore.open(name)
      return store
    },
    async fork() {
      const copy = `${name}-${++opened}`
      const target = await OpfsStore.open(copy)
      for await (const key of store.list('')) await target.store(key, (await store.load(key))!)
      await target.close()
      return await openOpfs(copy)
    },
    async dispose() {
      await store.close()
      const root = await navigator.storage.getDirectory()
      const hex = [...new TextEncoder().encode(name)].map(byte => byte.toString(16).padStart(2, '0')).join('')
      await root.removeEntry(`coldsnap-${hex}`, { recursive: true })
    },
  }
}

async function openBlobs(): Promise<BlobHandle> {
  const handle = await openOpfs()
  const chunkBytes = 65_536
  let newest = handle.store
  const blobsOn = (store: Store): BlobHandle['store'] => {
    newest = store
    return storeBlobs(store, { chunkBytes })
  }
  return {
    store: blobsOn(handle.store),
    reopen: async () => blobsOn(await handle.reopen!()),
    damage: async (namespace, key) => await damageStored(newest, namespace, key),
    pieces: async () => (await storeKeys(newest)).length,
    dispose: async () => await handle.dispose!(),
  }
}

answerCalls({
  ...casePageOf({
    store: storeContract(() => openOpfs(), storeOptions),
    properties: storeProperties(() => openOpfs(), fc).map(({ title, run }) => ({
      title,
      run: async () => await run({ numRuns: propertyRuns }),
    })),
    crash: crashCases(() => openOpfs()),
    blob: blobContract(openBlobs, blobOptions),
  }),
})
