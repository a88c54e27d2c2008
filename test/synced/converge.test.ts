import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lru } from '../../src/synced/lru.ts'
import { MemoryRemote } from '../../src/synced/memory-remote.ts'
import { SyncedCache } from '../../src/synced/synced-cache.ts'

const keys = ['a', 'b', 'c']
const tags = ['x', 'y']

type Step =
  | { readonly kind: 'get' | 'delete' | 'invalidate' | 'getOrSet'; readonly by: number; readonly key: string }
  | { readonly kind: 'set' | 'setByKey'; readonly by: number; readonly key: string; readonly tags: readonly string[] }
  | { readonly kind: 'getMany' | 'clear' | 'lose'; readonly by: number }
  | { readonly kind: 'deleteByTag'; readonly by: number; readonly tag: string }
  | { readonly kind: 'setMany'; readonly by: number }

const by = fc.integer({ min: 0, max: 2 })
const key = fc.constantFrom(...keys)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('get' as const), by, key }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constantFrom('set', 'setByKey'), by, key, tags: fc.subarray(tags) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('delete', 'invalidate', 'getOrSet'), by, key }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('getMany', 'setMany', 'lose'), by }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const), by }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('deleteByTag' as const), by, tag: fc.constantFrom(...tags) }) },
)

async function fleet(scheduler: fc.Scheduler | undefined) {
  let isScheduled = false
  const memory = new MemoryRemote({
    clock: () => 1000,
    carry(deliver, cargo) {
      if (isScheduled && scheduler !== undefined) void scheduler.schedule(Promise.resolve(), cargo).then(deliver)
      else deliver()
    },
  })
  const open = (id: string): Promise<SyncedCache<number>> =>
    SyncedCache.open<number>({
      remote: memory.connect,
      prefix: 'p:',
      id,
      clock: () => 1000,
      // One of them has room for one entry only.
      local: lru({ maxBytes: id === '2' ? 300 : 10_000 }),
    })
  const caches = await Promise.all(['0', '1', '2'].map(open))
  const scheduled = (is: boolean): void => {
    isScheduled = is
  }
  return { memory, caches, scheduled }
}

describe('a fleet at rest', () => {
  it('C16, C17, C18, C19: every copy is what the server has, whatever the order of requests, replies and events', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(step, { minLength: 1, maxLength: 25 }), async (scheduler, steps) => {
        const { memory, caches, scheduled } = await fleet(scheduler)
        scheduled(true)
        let next = 0
        const run = (each: Step): Promise<unknown> => {
          const cache = caches[each.by]!
          next += 1
          switch (each.kind) {
            case 'set':
              return cache.set(each.key, next, { tags: each.tags })
            case 'setByKey':
              return cache.set(each.key, next, { tags: each.tags, broadcast: 'key' })
            case 'setMany':
              return cache.setMany([
                ['a', next],
                ['b', next],
              ])
            case 'getOrSet': {
              const loaded = next
              return cache.getOrSet(each.key, async () => {
                await scheduler.schedule(Promise.resolve(), 'load')
                return loaded
              })
            }
            case 'getMany':
              return cache.getMany(keys)
            case 'deleteByTag':
              return cache.deleteByTag(each.tag)
            case 'clear':
              return cache.clear()
            case 'lose':
              memory.lose(String(each.by))
              return Promise.resolve()
            default:
              return cache[each.kind](each.key)
          }
        }
        // A process does one thing after the other, and all do so at once.
        const lines = [0, 1, 2].map(async each => {
          for (const own of steps.filter(({ by }) => by === each)) await run(own)
        })
        await scheduler.waitFor(Promise.all(lines))
        await scheduler.waitIdle()
        scheduled(false)
        memory.tick()
        for (const cache of caches) {
          for (const each of keys) {
            const here = cache.getLocal(each)
            if (here !== undefined) expect([each, here]).toEqual([each, await other(memory, each)])
          }
        }
        const seen = await Promise.all(caches.map(cache => cache.getMany(keys)))
        expect(seen[1]).toEqual(seen[0])
        expect(seen[2]).toEqual(seen[0])
        for (const cache of caches) await cache.close()
      }),
      { numRuns: 600 },
    )
  })
})

/** What a process that was not there before reads. */
async function other(memory: MemoryRemote, key: string): Promise<number | undefined> {
  const cache = await SyncedCache.open<number>({ remote: memory.connect, prefix: 'p:', clock: () => 1000 })
  try {
    return await cache.get(key)
  } finally {
    await cache.close()
  }
}
