import type { StoreHandle } from '../../../src/contract/index.ts'
import { LevelStore } from '../../../src/store/browser-level-store.ts'
import { contractsOn, copyInto } from './contracts-on.ts'
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
      const target = await LevelStore.open(copy)
      await copyInto(stores.at(-1)!, target)
      await target.close()
      return await openIndexed(copy)
    },
    async dispose() {
      for (const store of stores) await store.close()
      await removeDatabase(name)
    },
  }
}

async function removeDatabase(name: string): Promise<void> {
  const request = indexedDB.deleteDatabase(`level-js-${name}`)
  await new Promise((resolve, reject) => {
    request.onsuccess = resolve
    request.onerror = reject
  })
}

exposeCases(contractsOn(() => openIndexed()))
