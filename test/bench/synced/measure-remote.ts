import { createClient } from 'redis'
import { microsPerCall, type Rounds } from '../group/timing.ts'
import { benchValue, type Contender } from './contender.ts'

/** So many keys are read in turns that a memory of a few never has the next one. */
const keyCount = 2_000
const keys = Array.from({ length: keyCount }, (_, i) => `key-${i}`)
const smallItems = 16

/** One round of reads that go to Redis and of sets, in blocks between those of a bare client, so that both see the same machine. */
export async function measureRemote(rounds: Rounds, contender: Contender, url: string, calls: number): Promise<void> {
  const bare = createClient({ url })
  const listener = createClient({ url })
  await Promise.all([bare.connect(), listener.connect()])
  await listener.subscribe('bare', () => undefined)
  const cache = await contender.open(url, smallItems)
  try {
    const texts = keys.map((_, i) => JSON.stringify(benchValue(i)))
    for (const [i, key] of keys.entries()) {
      await cache.set(key, benchValue(i))
      await bare.set(`bare:${key}`, texts[i]!)
    }
    const block = Math.ceil(calls / 10)
    const sums = { get: 0, miss: 0, publish: 0, set: 0 }
    for (let at = 0; at < calls; at += block) {
      const of = (i: number): number => (at + i) % keyCount
      sums.get += await microsPerCall(block, i => bare.get(`bare:${keys[of(i)]!}`))
      sums.miss += await microsPerCall(block, i => cache.get(keys[of(i)]!))
      sums.publish += await microsPerCall(block, i => {
        const text = JSON.stringify(benchValue(i))
        return Promise.all([bare.set(`bare:${keys[of(i)]!}`, text), bare.publish('bare', text)])
      })
      sums.set += await microsPerCall(block, i => cache.set(keys[of(i)]!, benchValue(i)))
    }
    for (const [name, sum] of Object.entries(sums)) rounds.add(`${contender.id} ${name}`, sum / 10)
  } finally {
    await cache.close()
    bare.destroy()
    listener.destroy()
  }
}
