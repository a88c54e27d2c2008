// A process of its own that reads a hundred keys from the memory of one cache: says the nanoseconds of a hit, of the best round.
import { benchValue } from './contender.ts'
import { contenders } from './contenders.ts'

const [id, url, hitsText] = process.argv.slice(2)
const rounds = 6
const hits = Number(hitsText)

const cache = await contenders.find(contender => contender.id === id)!.open(url!, 1_000)
const keys = Array.from({ length: 100 }, (_, i) => `key-${i}`)
for (const [i, key] of keys.entries()) await cache.set(key, benchValue(i))
// What is set may come back by the channel a little later.
await new Promise(resolve => setTimeout(resolve, 300))
for (const key of keys) if ((await cache.get(key)) === undefined) throw new Error(`${id} does not have what was set`)
let best = Number.POSITIVE_INFINITY
for (let round = 0; round < rounds; round++) {
  const before = process.cpuUsage()
  for (let i = 0; i < hits; i++) await cache.get(keys[i % 100]!)
  const { user, system } = process.cpuUsage(before)
  best = Math.min(best, ((user + system) * 1000) / hits)
}
console.log(best)
await cache.close()
process.exit(0)
