// A process that stores one snapshot after the other until it is killed. It waits for one line on its input, a JSON
// array [name of the store, directory, durability, whether to lie], and prints the tick of every write that was
// acknowledged; a liar prints it before.
import fs from 'node:fs'
import { createInterface } from 'node:readline'
import type { Durability } from '../../src/store/file-store.ts'
import { advance, firstState, openCache, openStore, type StoreName, tickOf } from './kill-state.ts'

fs.writeSync(1, 'ready\n')
for await (const line of createInterface(process.stdin)) {
  const [name, dir, durability, lies] = JSON.parse(line) as [StoreName, string, Durability, boolean]
  const store = await openStore(name, dir, durability)
  const cache = openCache(store)
  const snapshot = await cache.load()
  const state = snapshot?.state ?? firstState()
  if (snapshot === undefined) await cache.store(state)
  for (let tick = tickOf(state) + 1; ; tick++) {
    if (lies) fs.writeSync(1, `${tick}\n`)
    await advance(state, tick)(cache)
    if (!lies) fs.writeSync(1, `${tick}\n`)
  }
}
