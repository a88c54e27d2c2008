import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { isCacheError } from '../../src/errors.ts'
import type { Group } from '../../src/group/group.ts'
import { GroupCache } from '../../src/group/group-cache.ts'
import type { Load } from '../../src/group/group-options.ts'
import { MemoryNetwork } from '../../src/group/memory-network.ts'
import type { Peer } from '../../src/group/transport.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { bytes, text } from './fleet.ts'

// One source of truth with a version that only grows. A write moves the version and then removes the key, or sets it to
// the new version; what a get brings must be at least as new as the newest write that had ended before it began.

type Step =
  | { readonly kind: 'get' | 'getMany'; readonly node: number; readonly aborts: boolean }
  | { readonly kind: 'remove' | 'removeMany' | 'set'; readonly node: number }

const node = fc.nat(2)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('get', 'getMany'), node, aborts: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('remove', 'removeMany', 'set'), node }) },
)

interface Levels {
  readonly withStore: boolean
  readonly maxBytes: number
}

const key = 'alice'

/** Three nodes whose network, loads and callers all go on in whichever order `scheduler` says. */
function scheduledFleet(scheduler: fc.Scheduler, { withStore, maxBytes }: Levels, load: Load<Uint8Array>) {
  const network = new MemoryNetwork()
  const addresses = ['a', 'b', 'c']
  const caches = addresses.map(address => {
    const inner = network.transport(address)
    const delayed = <A extends unknown[], R>(name: string, call: (...args: A) => Promise<R>) => {
      return async (...args: A): Promise<R> => {
        await scheduler.schedule(Promise.resolve(), `${address} ${name} goes`)
        const answer = await call(...args)
        await scheduler.schedule(Promise.resolve(), `${address} ${name} comes`)
        return answer
      }
    }
    const connect = (to: string): Peer => {
      const peer = inner.connect(to)
      return {
        address: to,
        get: delayed(`get of ${to}`, peer.get.bind(peer)),
        getMany: delayed(`getMany of ${to}`, peer.getMany.bind(peer)),
        set: delayed(`set of ${to}`, peer.set.bind(peer)),
        remove: delayed(`remove of ${to}`, peer.remove.bind(peer)),
        removeMany: delayed(`removeMany of ${to}`, peer.removeMany.bind(peer)),
        close: () => peer.close(),
      }
    }
    const store = withStore ? new MemoryStore() : undefined
    const cache = new GroupCache({ transport: { connect }, self: address, store, breaker: false })
    network.serve(address, cache.service)
    cache.setPeers(addresses)
    return cache
  })
  const groups = caches.map(cache => cache.group('users', { load, maxBytes }))
  return { caches, groups }
}

async function runSteps(scheduler: fc.Scheduler, steps: readonly Step[], levels: Levels): Promise<void> {
  const origin = { version: 0 }
  const load: Load<Uint8Array> = async () => {
    const { version } = origin
    await scheduler.schedule(Promise.resolve(), 'load')
    return bytes(`${version}`)
  }
  const { caches, groups } = scheduledFleet(scheduler, levels, load)
  // The newest version that every get has to bring from now on.
  let settledVersion = 0
  const seen: string[] = []

  const get = async (group: Group<Uint8Array>, kind: 'get' | 'getMany', aborts: boolean): Promise<void> => {
    const least = settledVersion
    const caller = new AbortController()
    if (aborts) void scheduler.schedule(Promise.resolve(), 'abort').then(() => caller.abort())
    try {
      const options = { signal: caller.signal }
      const value = kind === 'get' ? await group.get(key, options) : firstOf(await group.getMany([key, 'bob'], options))
      const found = Number(text(value))
      if (!(found >= least)) seen.push(`${kind} brought ${found}, though ${least} was settled`)
    } catch (error) {
      if (!isCacheError(error, 'ABORTED')) throw error
    }
  }
  const write = async (group: Group<Uint8Array>, kind: 'remove' | 'removeMany' | 'set'): Promise<void> => {
    origin.version++
    const { version } = origin
    if (kind === 'remove') await group.remove(key)
    else if (kind === 'removeMany') await group.removeMany([key, 'bob'])
    else await group.set(key, bytes(`${version}`))
    settledVersion = Math.max(settledVersion, version)
  }

  // Writes of a version take turns, as those of one source do; gets come in between anywhere.
  let writes = Promise.resolve()
  const running: Promise<void>[] = []
  for (const each of steps) {
    const group = groups[each.node]!
    if (each.kind === 'get' || each.kind === 'getMany') {
      const { kind, aborts } = each
      running.push(scheduler.schedule(Promise.resolve(), kind).then(() => get(group, kind, aborts)))
    } else {
      const { kind } = each
      writes = writes.then(async () => {
        await scheduler.schedule(Promise.resolve(), kind)
        await write(group, kind)
      })
      running.push(writes)
    }
  }
  await scheduler.waitFor(Promise.all(running))
  expect(seen).toEqual([])
  const last = Promise.all(groups.map(group => group.get(key)))
  await scheduler.waitFor(last)
  for (const value of await last) expect(Number(text(value))).toBeGreaterThanOrEqual(settledVersion)
  const closing = Promise.all(caches.map(cache => cache.close()))
  await scheduler.waitFor(closing)
}

function firstOf([first]: readonly PromiseSettledResult<Uint8Array | undefined>[]): Uint8Array | undefined {
  if (first?.status === 'fulfilled') return first.value
  throw first?.reason
}

it.each([
  ['memory', { withStore: false, maxBytes: 10_000 }],
  ['a store', { withStore: true, maxBytes: 0 }],
  ['both', { withStore: true, maxBytes: 10_000 }],
])('24: no get brings an older value than the last write that ended before it, with %s', async (_name, levels) => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(step, { minLength: 2, maxLength: 12 }), (scheduler, steps) =>
      runSteps(scheduler, steps, levels),
    ),
    { numRuns: 80, interruptAfterTimeLimit: 20_000 },
  )
})
