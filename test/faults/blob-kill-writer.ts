// A process that puts one blob after the other until it is killed. It waits for one line on its input, a KillOrder as JSON, and
// prints the number of every tick that was acknowledged.
import fs from 'node:fs'
import { createInterface } from 'node:readline'
import { DiskBlobStore } from '../../src/blob/disk/disk-blob-store.ts'
import { doTick, type KillOrder } from './blob-state.ts'

fs.writeSync(1, 'ready\n')
for await (const line of createInterface(process.stdin)) {
  const order = JSON.parse(line) as KillOrder
  const store = await DiskBlobStore.open(order.dir, order.options)
  for (let { tick } = order; ; tick++) {
    await doTick(store, tick)
    fs.writeSync(1, `${tick}\n`)
  }
}
