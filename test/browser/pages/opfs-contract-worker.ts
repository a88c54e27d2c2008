import { toHex } from '../../../src/bytes/hex.ts'
import { utf8Encode } from '../../../src/bytes/utf8.ts'
import type { StoreHandle } from '../../../src/contract/index.ts'
import { OpfsStore } from '../../../src/opfs/opfs-store.ts'
import { contractsOn, copyInto } from './contracts-on.ts'
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
      await copyInto(store, target)
      await target.close()
      return await openOpfs(copy)
    },
    async dispose() {
      await store.close()
      const root = await navigator.storage.getDirectory()
      await root.removeEntry(`coldsnap-${toHex(utf8Encode(name))}`, { recursive: true })
    },
  }
}

answerCalls({ ...casePageOf(contractsOn(() => openOpfs())) })
