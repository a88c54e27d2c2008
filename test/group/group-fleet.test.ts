import { expect, it } from 'vitest'
import { GroupCache } from '../../src/group/group-cache.ts'
import { MemoryNetwork } from '../../src/group/memory-network.ts'
import type { Peer, Transport } from '../../src/group/transport.ts'
import { bytes, failure, fleetOf, gate, origin, settled, text } from './fleet.ts'

/** A transport that notes which clients were made and closed. */
function watched(network: MemoryNetwork, address: string) {
  const inner = network.transport(address)
  const made: string[] = []
  const closed: string[] = []
  const transport: Transport = {
    connect(to): Peer {
      const peer = inner.connect(to)
      made.push(to)
      const watchedPeer: Peer = Object.create(peer, {
        close: {
          value: () => {
            closed.push(to)
            return peer.close()
          },
        },
      })
      for (const name of ['get', 'getMany', 'set', 'remove', 'removeMany'] as const) {
        Object.defineProperty(watchedPeer, name, { value: peer[name].bind(peer) })
      }
      return watchedPeer
    },
  }
  return { transport, made, closed }
}

it('14: a group that is not here is UNKNOWN_GROUP for peers, which then load themselves', async () => {
  const { nodes, keyOf } = fleetOf(2)
  const { service } = nodes[0]!.cache
  const entry = { value: bytes('x'), expiresAtMs: Number.POSITIVE_INFINITY, expireNs: 0n }
  for (const call of [
    service.get('users', bytes('k')),
    service.set('users', bytes('k'), entry),
    service.remove('users', bytes('k')),
    service.removeMany('users', [bytes('k')]),
    service.getMany('users', [bytes('k')]),
  ]) {
    expect(await failure(call)).toMatchObject({ code: 'UNKNOWN_GROUP' })
  }
  const { load } = origin()
  const b = nodes[1]!.cache.group('users', { load, maxBytes: 1000 })
  expect(text(await b.get(keyOf(0)))).toBe(`${keyOf(0)}#1`)
})

it('17: without peers every key is local', async () => {
  const cache = new GroupCache()
  const { load, calls } = origin()
  const users = cache.group('users', { load, maxBytes: 1000 })
  expect([cache.peers, cache.ring, cache.self, cache.ownerOf('alice')]).toEqual([[], undefined, undefined, undefined])
  expect(text(await users.get('alice'))).toBe('alice#1')
  await users.set('alice', bytes('set'))
  expect(text(await users.get('alice'))).toBe('set')
  await users.remove('alice')
  await users.get('alice')
  expect(calls).toEqual(['alice', 'alice'])
  await cache.close()
})

it('17: a list that is refused leaves the ring, the peers and their clients as they were', async () => {
  const network = new MemoryNetwork()
  const { transport, made, closed } = watched(network, 'a')
  const choosy: Transport = {
    connect(to) {
      if (to === 'no address') throw new Error('no such place')
      return transport.connect(to)
    },
  }
  const cache = new GroupCache({ transport: choosy, self: 'a' })
  cache.setPeers(['a', 'b'])
  const { ring } = cache
  for (const peers of [[], ['b', 'c'], ['a', ''], ['a', 'c', 'no address']])
    expect(() => cache.setPeers(peers)).toThrow()
  expect(await failure((async () => cache.setPeers(['b']))())).toMatchObject({ code: 'INVALID_PEERS' })
  expect(await failure((async () => cache.setPeers(['a', 'b'], { self: 'c' }))())).toMatchObject({
    code: 'INVALID_PEERS',
  })
  expect([cache.ring, cache.peers, cache.self]).toEqual([ring, ['a', 'b'], 'a'])
  expect(made).toEqual(['b', 'c'])
  expect(closed).toEqual(['c'])
  await cache.close()
  expect(closed).toEqual(['c', 'b'])
})

it('setPeers keeps the clients of peers that stay, and closes the others when their calls have ended', async () => {
  const network = new MemoryNetwork()
  const arrived = gate()
  network.fault('c', { before: () => arrived.promise })
  const { transport, made, closed } = watched(network, 'a')
  const cache = new GroupCache({ transport })
  const users = cache.group('users', { load: () => bytes('here'), maxBytes: 1000 })
  cache.setPeers(['a', 'b', 'c'], { self: 'a' })
  const key = Array.from({ length: 1000 }, (_, i) => `${i * 7919}`).find(each => cache.ownerOf(each) === 'c')!
  const getting = users.get(key)
  await settled()
  cache.setPeers(['a', 'b', 'd'], { self: 'a' })
  expect([made, closed]).toEqual([['b', 'c', 'd'], []])
  expect(cache.peers).toEqual(['a', 'b', 'd'])
  arrived.open()
  expect(text(await getting)).toBe('here')
  await settled()
  expect(closed).toEqual(['c'])
  await cache.close()
  expect(closed.sort()).toEqual(['b', 'c', 'd'])
})

it('followPeers sets every list, passes over bad ones, and ends with the source', async () => {
  const { nodes } = fleetOf(1)
  const { cache, errors } = nodes[0]!
  const seen: (readonly string[])[] = []
  async function* source(): AsyncGenerator<readonly string[]> {
    for (const list of [['a', 'b'], ['x'], ['a', 'c']]) {
      yield list
      seen.push(cache.peers)
    }
    throw new Error('the file went away')
  }
  await cache.followPeers(source())
  expect(seen).toEqual([
    ['a', 'b'],
    ['a', 'b'],
    ['a', 'c'],
  ])
  expect(errors).toMatchObject([{ code: 'INVALID_PEERS' }, { code: 'INVALID_PEERS', cause: { message: /file/ } }])
})

it.each(['abort', 'close'])('followPeers ends at %s, even if the source says nothing more', async how => {
  const { nodes } = fleetOf(1)
  const { cache } = nodes[0]!
  const controller = new AbortController()
  let isReturned = false
  const silent: AsyncIterable<readonly string[]> = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise(() => undefined),
      return: async () => {
        isReturned = true
        return { done: true, value: undefined }
      },
    }),
  }
  const following = cache.followPeers(silent, { signal: controller.signal })
  await settled()
  if (how === 'abort') controller.abort()
  else await cache.close()
  await following
  expect(isReturned).toBe(true)
})

it('30: rings that disagree never hang: each node takes the next one for the owner of all', async () => {
  const ring = (peers: readonly string[]) => ({ peers, owner: () => peers[0] })
  const { nodes, group } = fleetOf(3, { ring })
  const loads: string[] = []
  const groups = group({ load: key => bytes(`${loads.push(key)}`), maxBytes: 10_000, staleMs: 100, ttlMs: 100 })
  for (const [i, list] of ['bca', 'cab', 'abc'].entries()) nodes[i]!.cache.setPeers([...list])
  expect(nodes.map(({ cache }) => cache.ownerOf('x'))).toEqual(['b', 'c', 'a'])
  const keys = Array.from({ length: 20 }, (_, i) => `${i}`)
  const values = await Promise.all(keys.flatMap(key => groups.map(each => each.get(key))))
  expect(values.every(value => value !== undefined)).toBe(true)
  // Nobody forwards, so that at most every node loads a key.
  expect(loads.length).toBeLessThanOrEqual(3 * keys.length)
  await Promise.all(keys.flatMap(key => groups.map(each => each.remove(key))))
  await Promise.all(keys.flatMap(key => groups.map(each => each.set(key, bytes('set')))))
})

it('30: nodes that take each other for the owner do not go on refreshing from each other', async () => {
  const ring = (peers: readonly string[]) => ({ peers, owner: () => peers[0] })
  const { network, nodes, group, time } = fleetOf(2, { ring })
  const groups = group({ load: () => bytes('loaded'), maxBytes: 10_000, ttlMs: 100, staleMs: 100 })
  nodes[0]!.cache.setPeers(['b', 'a'])
  nodes[1]!.cache.setPeers(['a', 'b'])
  for (const each of groups) await each.get('x')
  time.nowMs += 150
  network.resetCalls()
  for (const each of groups) await each.get('x')
  for (let i = 0; i < 20; i++) await settled()
  expect([...network.calls.values()].reduce((sum, { get }) => sum + get, 0)).toBeLessThanOrEqual(2)
})

it('30: a question of a peer does not wait for a fetch from that peer', async () => {
  const { network, nodes, group, keyOf } = fleetOf(2)
  const groups = group({ load: () => bytes('loaded'), maxBytes: 1000 })
  const key = keyOf(1)
  const arrived = gate()
  network.fault('b', { before: () => arrived.promise })
  const waiting = groups[0]!.get(key)
  await settled()
  // As if b took a for the owner of the same key.
  const answer = await nodes[0]!.cache.service.get('users', bytes(key))
  expect(answer).toMatchObject({ kind: 'value' })
  arrived.open()
  await waiting
})

it.each(['stopped', 'hanging', 'partitioned'])('31: with an owner that is %s a get succeeds in time', async how => {
  const { network, nodes, group, keyOf } = fleetOf(2)
  const [, b] = group({ load: origin().load, maxBytes: 1000, peerTimeoutMs: 50 })
  if (how === 'stopped') nodes[0]!.stop()
  if (how === 'hanging') network.fault('a', { isHanging: true })
  if (how === 'partitioned') network.partition('a', 'b')
  const startedAtMs = performance.now()
  expect(text(await b!.get(keyOf(0)))).toBe(`${keyOf(0)}#1`)
  expect(performance.now() - startedAtMs).toBeLessThan(1000)
  expect(b!.stats().peerErrors).toBe(1)
  expect(await failure(b!.set(keyOf(0), bytes('x')))).toMatchObject({ code: 'PEER_FAILED' })
  expect(await failure(b!.remove(keyOf(0)))).toMatchObject({ code: 'PEER_FAILED' })
  expect(await failure(b!.removeMany([keyOf(0), keyOf(1)]))).toMatchObject({ code: 'PEER_FAILED' })
})

it('31: a peer that keeps failing is left alone, and found again', async () => {
  const breaker = { maxFailures: 2, backOffMs: 100, jitter: 0 }
  const { network, group, keyOf, time } = fleetOf(2, { breaker })
  const [, b] = group({ load: origin().load, maxBytes: 1000 })
  network.partition('a', 'b')
  for (let n = 0; n < 5; n++) await b!.get(keyOf(0, n))
  expect(network.calls.get('a')).toMatchObject({ get: 2 })
  expect(b!.stats()).toMatchObject({ peerErrors: 2, localLoads: 5 })
  network.heal()
  time.nowMs += 101
  await b!.get(keyOf(0, 5))
  await b!.get(keyOf(0, 6))
  expect(b!.stats()).toMatchObject({ peerLoads: 2, localLoads: 5 })
})

it('a change whose fleet changes under it tells the nodes that are left, and those that came', async () => {
  const { network, nodes, group, keyOf } = fleetOf(4)
  const groups = group({ load: origin().load, maxBytes: 10_000 })
  const key = keyOf(1)
  nodes[0]!.cache.setPeers(['a', 'b', 'c'])
  for (const change of ['set', 'remove'] as const) {
    const arrived = gate()
    network.fault('b', { before: () => arrived.promise })
    const changing = change === 'set' ? groups[0]!.set(key, bytes('new')) : groups[0]!.remove(key)
    await settled()
    nodes[0]!.cache.setPeers(['a', 'b', 'd'])
    nodes[2]!.stop()
    await settled()
    network.resetCalls()
    arrived.open()
    await changing
    expect(network.calls.get('d')).toMatchObject({ remove: 1 })
    expect(network.calls.get('c')?.remove ?? 0).toBe(0)
    nodes[0]!.cache.setPeers(['a', 'b', 'c'])
  }
})

it('31: a peer that takes a change is back, so that the node which set a value sees it', async () => {
  const { network, group, keyOf } = fleetOf(2, { breaker: { maxFailures: 1, backOffMs: 30_000, jitter: 0 } })
  const [, b] = group({ load: origin().load, maxBytes: 1000 })
  network.partition('a', 'b')
  await b!.get(keyOf(0))
  network.heal()
  await b!.set(keyOf(0), bytes('new'))
  expect(text(await b!.get(keyOf(0)))).toBe('new')
})

it('31: a peer that lacks a group is not left alone for that', async () => {
  const { nodes, keyOf, network } = fleetOf(2, { breaker: { maxFailures: 1, backOffMs: 100, jitter: 0 } })
  const { load } = origin()
  const alone = nodes[1]!.cache.group('alone', { load, maxBytes: 1000 })
  for (let n = 0; n < 3; n++) await alone.get(keyOf(0, n))
  expect(network.calls.get('a')).toMatchObject({ get: 3 })
})

it('35: closing ends all calls, closes the clients, and is done once', async () => {
  const network = new MemoryNetwork()
  const { transport, closed } = watched(network, 'a')
  const cache = new GroupCache({ transport, self: 'a' })
  cache.setPeers(['a', 'b'])
  let loadSignal: AbortSignal | undefined
  const users = cache.group('users', {
    maxBytes: 1000,
    load: (_key, { signal }) => {
      loadSignal = signal
      return new Promise<Uint8Array>(() => undefined)
    },
  })
  const key = Array.from({ length: 100 }, (_, i) => `${i * 7919}`).find(each => cache.ownerOf(each) === 'a')!
  const getting = failure(users.get(key))
  await Promise.all([cache.close(), cache.close(), cache[Symbol.asyncDispose]()])
  expect(await getting).toMatchObject({ code: 'CLOSED' })
  expect(loadSignal?.aborted).toBe(true)
  expect(closed).toEqual(['b'])
  for (const call of [
    users.get('x'),
    users.getMany(['x']),
    users.set('x', bytes('x')),
    users.remove('x'),
    users.removeMany(['x']),
  ]) {
    expect(await failure(call)).toMatchObject({ code: 'CLOSED' })
  }
  for (const call of [
    () => users.peek('x'),
    () => cache.setPeers(['a']),
    () => cache.group('b', { load: () => undefined, maxBytes: 1 }),
  ]) {
    expect(call).toThrow('closed')
  }
  expect(await failure(cache.followPeers((async function* () {})()))).toMatchObject({ code: 'CLOSED' })
  expect(await failure(cache.service.get('users', bytes('x')))).toMatchObject({ code: 'UNKNOWN_GROUP' })
})

it('a group that is removed is over for its holders and for peers; its name is free again', async () => {
  const { nodes } = fleetOf(1)
  const { cache } = nodes[0]!
  const { load } = origin()
  const users = cache.group('users', { load, maxBytes: 1000 })
  await users.get('alice')
  await cache.removeGroup('users')
  await cache.removeGroup('users')
  expect(await failure(users.get('alice'))).toMatchObject({ code: 'CLOSED' })
  expect(await failure(cache.service.get('users', bytes('alice')))).toMatchObject({ code: 'UNKNOWN_GROUP' })
  expect(cache.getGroup('users')).toBeUndefined()
  expect(cache.group('users', { load, maxBytes: 1000 })).toBe(cache.getGroup('users'))
})

it('peers hear that there is no group as soon as it is being removed', async () => {
  const { network, nodes, keyOf, group } = fleetOf(3, { breaker: { maxFailures: 1, backOffMs: 100, jitter: 0 } })
  const [a, b] = group({ load: origin().load, maxBytes: 1_000, peerTimeoutMs: 300 })
  network.fault('c', { isHanging: true })
  const write = failure(a!.remove('x'))
  await settled()
  const removed = nodes[0]!.cache.removeGroup('users')
  for (let n = 0; n < 3; n++) await b!.get(keyOf(0, n))
  expect(network.calls.get('a')).toMatchObject({ get: 3 })
  await write
  await removed
})
