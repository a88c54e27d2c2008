import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryLevel } from 'memory-level'
import type { StoreHandle } from '../../src/contract/index.ts'
import { LevelStore } from '../../src/store/level-store.ts'
import { runContract, runContractBothWays } from './run-contract.ts'

const skip = { S29: 'LevelDB holds its lock as long as its process lives' }

async function openClassic(): Promise<StoreHandle> {
  const dir = await mkdtemp(join(tmpdir(), 'coldsnap-contract-'))
  let store = await LevelStore.open(dir)
  return {
    store,
    async reopen() {
      await store.close()
      store = await LevelStore.open(dir)
      return store
    },
    async dispose() {
      await store.close()
      await rm(dir, { recursive: true })
    },
  }
}

runContractBothWays('LevelStore on classic-level', openClassic, { skip, runs: 50 })
runContract(
  'LevelStore on memory-level',
  () => ({ store: new LevelStore(new MemoryLevel({ keyEncoding: 'view', valueEncoding: 'view' })) }),
  { skip: { ...skip, S28: 'nothing outlives a MemoryLevel' } },
)
