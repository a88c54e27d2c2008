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
import type { Store } from '../../../src/store/store.ts'
import { damageStored, storeKeys } from '../../blob/stored-damage.ts'
import { blobOptions, propertyRuns, storeOptions } from '../contract-options.ts'
import type { PageCase } from './expose-cases.ts'

const chunkBytes = 65_536

/** All that stores are held to in a browser, by suite. */
export function contractsOn(open: () => Promise<StoreHandle>): Readonly<Record<string, readonly PageCase[]>> {
  return {
    store: storeContract(open, storeOptions),
    properties: storeProperties(open, fc).map(({ title, run }) => ({
      title,
      run: async () => await run({ numRuns: propertyRuns }),
    })),
    crash: crashCases(open),
    blob: blobContract(async () => blobsOn(await open()), blobOptions),
  }
}

/** Writes all that `store` holds into `target`. */
export async function copyInto(store: Store, target: Store): Promise<void> {
  for await (const key of store.list('')) await target.store(key, (await store.load(key))!)
}

function blobsOn({ store, reopen, crash, dispose }: StoreHandle): BlobHandle {
  let newest = store
  const onNewest = (opened: Store): BlobHandle['store'] => {
    newest = opened
    return storeBlobs(opened, { chunkBytes })
  }
  return {
    store: onNewest(store),
    reopen: async () => onNewest(await reopen!()),
    ...(crash && {
      crash: async () => onNewest(await crash()),
      another: async () => storeBlobs(await crash(), { chunkBytes }),
    }),
    damage: async (namespace, key) => await damageStored(newest, namespace, key),
    pieces: async () => (await storeKeys(newest)).length,
    dispose: async () => await dispose!(),
  }
}
