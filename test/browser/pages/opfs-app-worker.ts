import { OpfsStore } from '../../../src/opfs/opfs-store.ts'
import { appOn } from './app.ts'
import { answerCalls } from './worker-calls.ts'

answerCalls({
  ...appOn(
    async options => await OpfsStore.open('app', options),
    async number => globalThis.postMessage({ acknowledged: number }),
    store => ({
      async bytesOfView() {
        await store().store('view', new Uint8Array(1_000).subarray(5, 15))
        return (await store().load('view'))!.buffer.byteLength
      },
      async steal() {
        await navigator.locks.request('coldsnap:opfs:app', { steal: true }, async () => undefined)
      },
    }),
  ),
})
