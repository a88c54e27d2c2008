import { callsTo } from './worker-calls.ts'

const worker = new Worker('opfs-contract-worker.js', { type: 'module' })
Object.assign(globalThis, await callsTo(worker, ['titles', 'runCase']))
