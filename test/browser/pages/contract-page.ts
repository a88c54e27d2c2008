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
import { LevelStore } from '../../../src/store/browser-level-store.ts'
import type { Store } from '../../../src/store/store.ts'
import { damageStored, storeKeys } from '../../blob/stored-damage.ts'
import { blobOptions, propertyRuns, storeOptions } from '../contract-options.ts'
import { exposeCases } from './expose-cases.ts'

let opened = 0

/** A store on a database of its own, which is removed in the end. */
async function openIndexed(name = `case-${++opened}`): Promise<StoreHandle> {
  const stores = [await LevelStore.open(name)]
  const another = async (options?: { readonly lock: boolean }): Promise<LevelStore> => {
    stores.push(await LevelStore.open(name, options))
    return stores.at(-1)!
  }
  return {
    store: stores[0]!,
    async reopen() {
      // Those that were abandoned too: they have the lock.
      for (const store of stores) await store.close()
      return await another()
    },
    // The abandoned one keeps its lock until its page is gone.
    crash: async () => await another({ lock: false }),
    async fork() {
      const copy = `${name}-${++opened}`
      await copyInto(stores.at(-1)!, copy)
      return await openIndexed(copy)
    },
    async dispose() {
      for (const store of stores) await store.close()
      await removeDatabase(name)
    },
  }
}

async function copyInto(store: Store, name: string): Promise<void> {
  const target = await LevelStore.open(name)
  for await (const key of store.list('')) await target.store(key, (await store.load(key))!)
  await target.close()
}

async function removeDatabase(name: string): Promise<void> {
  const request = indexedDB.deleteDatabase(`level-js-${name}`)
  await new Promise((resolve, reject) => {
    request.onsuccess = resolve
    request.onerror = reject
  })
}

async function openBlobs(): Promise<BlobHandle> {
  const handle = await openIndexed()
  const chunkBytes = 65_536
  let newest = handle.store
  const blobsOn = (store: Store): BlobHandle['store'] => {
    newest = store
    return storeBlobs(store, { chunkBytes })
  }
  return {
    store: blobsOn(handle.store),
    reopen: async () => blobsOn(await handle.reopen!()),
    crash: async () => blobsOn(await handle.crash!()),
    another: async () => storeBlobs(await handle.crash!(), { chunkBytes }),
    damage: async (namespace, key) => await damageStored(newest, namespace, key),
    pieces: async () => (await storeKeys(newest)).length,
    dispose: async () => await handle.dispose!(),
  }
}

exposeCases({
  store: storeContract(() => openIndexed(), storeOptions),
  properties: storeProperties(() => openIndexed(), fc).map(({ title, run }) => ({
    title,
    run: async () => await run({ numRuns: propertyRuns }),
  })),
  crash: crashCases(() => openIndexed()),
  blob: blobContract(openBlobs, blobOptions),
})
