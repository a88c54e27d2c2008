// One process of the fleet: sells things of a shop whose prices and stock all processes must know.

import { isCacheError } from 'coldsnap'
import { SyncedCache } from 'coldsnap/synced'
import { createClient } from 'redis'
import { items, type WorkerReport } from './items.ts'

const [url, seed] = process.argv.slice(2)
const cache = await SyncedCache.open<number>({
  // A template: the cache makes its own connections by it.
  redis: createClient({ url: url!, socket: { reconnectStrategy: 100 } }),
  prefix: 'shop:',
  local: { maxBytes: 1 << 20 },
  timeoutMs: 300,
  degraded: true,
})
let sets = 0
let refused = 0
let isOpen = true

// Everybody reads all the time, and sets a price now and then.
const reading = setInterval(() => {
  for (const item of items) void cache.get(item).catch(count)
}, 20)
const writing = setInterval(
  () => {
    const item = items[Math.floor(Math.random() * items.length)]!
    cache.set(item, 100 + Math.floor(Math.random() * 900)).then(() => void sets++, count)
  },
  250 + Number(seed) * 70,
)
const reporting = setInterval(report, 50)

process.on('message', message => {
  if (message === 'rest') clearInterval(writing)
})
process.on('disconnect', () => void close())

function count(error: unknown): void {
  if (isCacheError(error, 'UNAVAILABLE')) refused++
  else if (isOpen) throw error
}

function report(): void {
  const { localHits, localMisses } = cache.stats()
  const held = items.map(item => cache.getLocal(item))
  const message: WorkerReport = { status: cache.status, held, hits: localHits, misses: localMisses, sets, refused }
  if (process.connected) process.send?.(message, () => undefined)
}

async function close(): Promise<void> {
  isOpen = false
  for (const timer of [reading, writing, reporting]) clearInterval(timer)
  await cache.close()
}
