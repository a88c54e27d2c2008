// A process of its own that sets so many keys a second, and one every few milliseconds that says when it was set.
import { createClient } from 'redis'
import { SyncedCache } from '../../../src/synced/index.ts'

const [url, perSecondText, secondsText] = process.argv.slice(2)
const perSecond = Number(perSecondText)
const seconds = Number(secondsText)
const stepMs = 10

const cache = await SyncedCache.open<unknown>({
  redis: createClient({ url: url! }),
  prefix: 'events:',
  // It has no need of what it sets.
  local: { maxBytes: 100_000 },
  timeoutMs: 30_000,
})
const start = Date.now()
let sent = 0
const under = new Set<Promise<void>>()
while (Date.now() - start < seconds * 1000) {
  const due = Math.floor(((Date.now() - start) * perSecond) / 1000) - sent
  const entries = Array.from({ length: Math.min(due, 2_000) }, (_, i): [string, unknown] => [
    `key-${(sent + i) % 5_000}`,
    sent + i,
  ])
  sent += entries.length
  if (entries.length > 0) {
    entries.push(['probe', Date.now()])
    const call = cache.setMany(entries)
    under.add(call)
    void call.finally(() => under.delete(call))
    // A writer that is told nothing sends no more than it can.
    if (under.size > 20) await Promise.race(under)
  }
  await new Promise(resolve => setTimeout(resolve, stepMs))
}
await Promise.all(under)
console.log(JSON.stringify({ sent, seconds: (Date.now() - start) / 1000 }))
await cache.close()
process.exit(0)
