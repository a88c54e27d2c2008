import { LevelStore } from '../../../src/store/browser-level-store.ts'
import { appOn } from './app.ts'

declare const acknowledged: (number: number) => Promise<void>

const app = appOn(
  async options => await LevelStore.open('app', options),
  async number => await acknowledged(number),
  store => ({
    async bytesOfView() {
      await store().store('view', new Uint8Array(1_000).subarray(5, 15))
      const request = indexedDB.open('level-js-app')
      await new Promise(resolve => {
        request.onsuccess = resolve
      })
      const get = request.result.transaction('app').objectStore('app').get(new TextEncoder().encode('view'))
      const value = await new Promise<Uint8Array>(resolve => {
        get.onsuccess = () => resolve(get.result)
      })
      request.result.close()
      return value.buffer.byteLength
    },
    async steal() {
      await navigator.locks.request('coldsnap:level:app', { steal: true }, async () => undefined)
    },
  }),
)
Object.assign(globalThis, { app })
