import { expect, it } from 'vitest'
import type { Load } from '../../src/group/group-options.ts'
import { bytes, failure, fleetOf, gate, origin } from './fleet.ts'

// Only what counts is named in these tests, and all that counts.
function counted(stats: object): Record<string, number> {
  return Object.fromEntries(Object.entries(stats).filter(([, value]) => typeof value === 'number' && value > 0))
}

it('32: a miss on the owner, then a hit', async () => {
  const { group } = fleetOf(1)
  const [users] = group({ load: origin().load, maxBytes: 1000 })
  await users!.get('alice')
  expect(counted(users!.stats())).toEqual({ gets: 1, loads: 1, loadsDeduped: 1, localLoads: 1 })
  expect(counted(users!.stats().main)).toEqual({ gets: 2, items: 1, bytes: 12 })
  await users!.get('alice')
  expect(counted(users!.stats())).toEqual({ gets: 2, cacheHits: 1, loads: 1, loadsDeduped: 1, localLoads: 1 })
  expect(counted(users!.stats().main)).toEqual({ gets: 3, hits: 1, items: 1, bytes: 12 })
})

it('32: a miss answered by a peer counts at both', async () => {
  const { group, keyOf } = fleetOf(2)
  const [a, b] = group({ load: origin().load, maxBytes: 1000 })
  await b!.get(keyOf(0))
  expect(counted(b!.stats())).toEqual({ gets: 1, loads: 1, loadsDeduped: 1, peerLoads: 1 })
  expect(counted(a!.stats())).toEqual({ gets: 1, loads: 1, loadsDeduped: 1, localLoads: 1, peerGets: 1 })
  await b!.get(keyOf(0))
  expect(counted(b!.stats())).toEqual({ gets: 2, cacheHits: 1, loads: 1, loadsDeduped: 1, peerLoads: 1 })
})

it('32: who joins a load counts as a load that did not run', async () => {
  const { group } = fleetOf(1)
  const value = gate<Uint8Array>()
  const [users] = group({ load: () => value.promise, maxBytes: 1000 })
  const gets = [users!.get('alice'), users!.get('alice'), users!.get('alice')]
  value.open(bytes('here'))
  await Promise.all(gets)
  expect(counted(users!.stats())).toEqual({ gets: 3, loads: 3, loadsDeduped: 1, localLoads: 1 })
})

it('32: there is none, here and at the owner', async () => {
  const { group, keyOf } = fleetOf(2)
  const load: Load<Uint8Array> = () => undefined
  const [a, b] = group({ load, maxBytes: 1000 })
  await b!.get(keyOf(0))
  expect(counted(b!.stats())).toEqual({ gets: 1, loads: 1, loadsDeduped: 1 })
  expect(counted(a!.stats())).toEqual({ gets: 1, loads: 1, loadsDeduped: 1, localLoadErrs: 1, peerGets: 1 })
})

it('32: a loader that throws, here and at the owner', async () => {
  const { group, keyOf } = fleetOf(2)
  const load: Load<Uint8Array> = () => {
    throw new Error('no database')
  }
  const [a, b] = group({ load, maxBytes: 1000 })
  await failure(b!.get(keyOf(0)))
  expect(counted(b!.stats())).toEqual({ gets: 1, loads: 1, loadsDeduped: 1 })
  expect(counted(a!.stats())).toEqual({ gets: 1, loads: 1, loadsDeduped: 1, localLoadErrs: 1, peerGets: 1 })
})

it('32: a peer that is down', async () => {
  const { nodes, group, keyOf } = fleetOf(2)
  const [, b] = group({ load: origin().load, maxBytes: 1000 })
  nodes[0]!.stop()
  await b!.get(keyOf(0))
  expect(counted(b!.stats())).toEqual({ gets: 1, loads: 1, loadsDeduped: 1, peerErrors: 1, localLoads: 1 })
})

it('32: the slowest answer of a peer, in milliseconds', async () => {
  const { network, group, keyOf, time } = fleetOf(2)
  const [, b] = group({ load: origin().load, maxBytes: 1000 })
  for (const [n, elapsedMs] of [5, 20.5, 10].entries()) {
    network.fault('a', {
      before: () => {
        time.nowMs += elapsedMs
      },
    })
    await b!.get(keyOf(0, n))
  }
  expect(b!.stats().getFromPeersLatencyLower).toBe(20)
})

it('the cache has the statistics of all groups', async () => {
  const { nodes } = fleetOf(1)
  const { cache } = nodes[0]!
  const { load } = origin()
  for (const name of ['users', 'tiles']) cache.group(name, { load, maxBytes: 1000 })
  expect(Object.keys(cache.stats())).toEqual(['users', 'tiles'])
  expect(cache.stats()['users']).toMatchObject({ gets: 0, main: { items: 0 }, hot: { items: 0 } })
  expect(cache.stats()['users']?.store).toBeUndefined()
})
