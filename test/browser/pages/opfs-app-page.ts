import { isCacheError } from '../../../src/errors.ts'
import { OpfsStore } from '../../../src/opfs/opfs-store.ts'
import { callsTo } from './worker-calls.ts'

declare const acknowledged: (number: number) => Promise<void>

const names = [
  'open',
  'close',
  'save',
  'load',
  'saveForever',
  'storeMany',
  'exclusive',
  'durability',
  'bytesOfView',
  'steal',
] as const
const worker = new Worker('opfs-app-worker.js', { type: 'module' })
const app = await callsTo(worker, names, data => void acknowledged((data as { acknowledged: number }).acknowledged))

/** What the page itself is answered, which is no worker. */
async function openOnPage(): Promise<string> {
  return await OpfsStore.open('app').then(
    () => 'opened',
    (error: unknown) => (isCacheError(error) ? error.code : String(error)),
  )
}
Object.assign(globalThis, { app, openOnPage, endWorker: () => worker.terminate() })
