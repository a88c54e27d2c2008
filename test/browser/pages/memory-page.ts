import { MemoryStore } from '../../../src/store/memory-store.ts'

const store = new MemoryStore()
await store.store('key', new Uint8Array([1, 2, 3]))
document.title = `${await store.load('key')}`
