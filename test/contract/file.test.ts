import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OpenStore } from '../../src/contract/index.ts'
import { FileStore, type FileStoreOptions } from '../../src/store/file-store.ts'
import { runContract, runContractBothWays } from './run-contract.ts'

/** FileStores in directories of their own; `crash` only without a lock, which the abandoned instance would keep. */
function fileStores(options: FileStoreOptions): OpenStore {
  return async () => {
    const dir = await mkdtemp(join(tmpdir(), 'coldsnap-contract-'))
    const instances: FileStore[] = []
    const next = async (): Promise<FileStore> => {
      const store = await FileStore.open(dir, options)
      instances.push(store)
      return store
    }
    const store = await next()
    return {
      store,
      async reopen() {
        await instances.at(-1)?.close()
        return await next()
      },
      ...(options.lock === false && { crash: next }),
      async dispose() {
        for (const instance of instances) await instance.close()
        await rm(dir, { recursive: true })
      },
    }
  }
}

const noCrash = 'its lock lives as long as its process'
runContract('FileStore with its defaults', fileStores({}), { skip: { S29: noCrash }, maxValueBytes: 70_000, runs: 10 })
runContractBothWays("FileStore with durability 'power'", fileStores({ durability: 'power', lock: false }), { runs: 25 })
runContractBothWays("FileStore with durability 'process'", fileStores({ durability: 'process', lock: false }))
