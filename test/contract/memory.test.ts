import { MemoryStore } from '../../src/store/memory-store.ts'
import { runContractBothWays } from './run-contract.ts'

const mortal = 'nothing outlives a MemoryStore'
runContractBothWays('MemoryStore', () => ({ store: new MemoryStore() }), { skip: { S28: mortal, S29: mortal } })
