import { callsTo } from './worker-calls.ts'

const worker = new Worker('opfs-speed-worker.js', { type: 'module' })
Object.assign(globalThis, await callsTo(worker, ['measure']))
