// A process that puts one blob after the other, in several directories at once, until it is killed. It waits for one line on its
// input, a KillOrder as JSON, and prints number of the directory and of the tick for every tick that was acknowledged.
import fs from 'node:fs'
import { createInterface } from 'node:readline'
import { DiskBlobStore } from '../../src/blob/disk/disk-blob-store.ts'
import { faultyFileSystem } from '../store/faulty-file-system.ts'
import { doTick, type KillOrder } from './blob-state.ts'

// A kill loses nothing that the system has: real flushes would only take time.
const io = faultyFileSystem(operation => (operation === 'fsync' ? true : undefined))

fs.writeSync(1, 'ready\n')
for await (const line of createInterface(process.stdin)) {
  const orders = JSON.parse(line) as KillOrder
  const work = orders.map(async ({ dir, options, tick: first }, number) => {
    const store = await DiskBlobStore.open(dir, { ...options, io })
    for (let tick = first; ; tick++) {
      await doTick(store, tick)
      fs.writeSync(1, `${number} ${tick}\n`)
    }
  })
  await Promise.all(work)
}
