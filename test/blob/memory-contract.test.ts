import { MemoryBlobStore } from '../../src/blob/memory-blob-store.ts'
import { runBlobContract } from './run-blob-contract.ts'

runBlobContract('MemoryBlobStore', () => ({ store: new MemoryBlobStore() }))
