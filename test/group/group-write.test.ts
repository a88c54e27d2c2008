import { expect, it } from 'vitest'
import { bytes, failure, fleetOf, gate, origin, settled, text } from './fleet.ts'

/** Gets at every node of a key that all of them have a copy of. */
async function everywhere(groups: readonly { get(key: string): Promise<Uint8Array | undefined> }[], key: string) {
  return await Promise.all(groups.map(async group => text(await group.get(key))))
}

it('23: a value set at any node is what every node answers from then on', async () => {
  const { group, keyOf } = fleetOf(3)
  const groups = group({ load: origin().load, maxBytes: 10_000 })
  for (const [setter, each] of groups.entries()) {
    for (const owner of [0, 1, 2]) {
      const key = keyOf(owner, setter)
      await everywhere(groups, key)
      await each.set(key, bytes('new'))
      expect(await everywhere(groups, key)).toEqual(['new', 'new', 'new'])
    }
  }
})

it('23: an empty key is refused', async () => {
  const { nodes, group } = fleetOf(1)
  const [users] = group({ load: origin().load, maxBytes: 1000 })
  expect(await failure(users!.set('', bytes('x')))).toMatchObject({ code: 'INVALID_KEY' })
  const entry = { value: bytes('x'), expiresAtMs: Number.POSITIVE_INFINITY, expireNs: 0n }
  expect(await failure(nodes[0]!.cache.service.set('users', bytes(''), entry))).toMatchObject({ code: 'INVALID_KEY' })
})

it.each([0, 1])('23: a set during a load wins, set at node %i', async setter => {
  const { group, keyOf } = fleetOf(2)
  const loaded = gate<Uint8Array>()
  const groups = group({ load: () => loaded.promise, maxBytes: 1000 })
  const key = keyOf(0)
  const before = groups.map(each => each.get(key))
  await settled()
  await groups[setter]!.set(key, bytes('set'))
  loaded.open(bytes('loaded'))
  for (const get of before) expect(text(await get)).toBe('loaded')
  expect(await everywhere(groups, key)).toEqual(['set', 'set'])
})

it.each([0, 1])(
  '24: after a remove during a load nobody gets what was there before, removed at node %i',
  async remover => {
    const { group, keyOf } = fleetOf(2)
    const gates = [gate<Uint8Array>(), gate<Uint8Array>()]
    let calls = 0
    const groups = group({ load: () => gates[calls++]!.promise, maxBytes: 1000 })
    const key = keyOf(0)
    const before = groups.map(each => each.get(key))
    await settled()
    await groups[remover]!.remove(key)
    const after = groups.map(each => each.get(key))
    await settled()
    gates[0]!.open(bytes('old'))
    await Promise.all(before)
    gates[1]!.open(bytes('new'))
    for (const get of after) expect(text(await get)).toBe('new')
    expect(await everywhere(groups, key)).toEqual(['new', 'new'])
    expect(calls).toBe(2)
  },
)

it('24: a remove clears what it can reach and names every peer that failed', async () => {
  const { network, nodes, group, keyOf } = fleetOf(4)
  const source = origin()
  const groups = group({ load: source.load, maxBytes: 1000, peerTimeoutMs: 20 })
  const key = keyOf(0)
  await everywhere(groups, key)
  source.version = 2
  nodes[0]!.stop()
  network.fault('c', { isHanging: true })
  const { code, error } = await failure(groups[1]!.remove(key))
  expect(code).toBe('PEER_FAILED')
  expect(error.message).toContain('2 of 3 peers')
  expect(error.cause).toBeInstanceOf(AggregateError)
  const { errors, message } = error.cause as AggregateError
  expect(message).toContain('a, c')
  expect(errors.map(String)).toEqual([expect.stringMatching(/Peer a/), expect.stringMatching(/Peer c .*did not end/)])
  expect([groups[1]!.peek(key), groups[3]!.peek(key)]).toEqual([undefined, undefined])
  expect(text(groups[2]!.peek(key))).toBe(`${key}#1`)
})

it('24: a set that cannot reach the owner still drops the old value elsewhere', async () => {
  const { nodes, group, keyOf } = fleetOf(3)
  const groups = group({ load: origin().load, maxBytes: 1000 })
  const key = keyOf(0)
  await everywhere(groups, key)
  nodes[0]!.stop()
  expect(await failure(groups[1]!.set(key, bytes('new')))).toMatchObject({ code: 'PEER_FAILED' })
  expect([groups[1]!.peek(key), groups[2]!.peek(key)]).toEqual([undefined, undefined])
})

it('25: removeMany clears every key at every node, copies at the caller among them', async () => {
  const { network, group, keyOf } = fleetOf(3)
  const source = origin()
  const groups = group({ load: source.load, maxBytes: 10_000 })
  const keys = [keyOf(0), keyOf(1), keyOf(2), keyOf(0, 1)]
  for (const key of keys) await everywhere(groups, key)
  source.version = 2
  network.resetCalls()
  await groups[1]!.removeMany(keys)
  for (const key of keys) expect(await everywhere(groups, key)).toEqual(Array(3).fill(`${key}#2`))
  expect(groups[1]!.stats()).toMatchObject({ removeKeysRequests: 1, removedKeys: 4 })
  expect(groups[0]!.stats()).toMatchObject({ removeKeysRequests: 0, removedKeys: 0 })
  for (const address of ['a', 'c']) {
    const { remove, removeMany } = network.calls.get(address)!
    expect(remove + removeMany).toBe(2)
  }
})

it('25: no keys are no requests', async () => {
  const { network, group } = fleetOf(2)
  const [users] = group({ load: origin().load, maxBytes: 1000 })
  await users!.removeMany([])
  expect(network.calls.size).toBe(0)
  expect(users!.stats()).toMatchObject({ removeKeysRequests: 0, removedKeys: 0 })
})

it('25: a node drops its copy only after the owner did, so that it cannot fetch it again', async () => {
  const { network, group, keyOf } = fleetOf(3)
  const source = origin()
  const groups = group({ load: source.load, maxBytes: 10_000 })
  const [key, other] = [keyOf(0), keyOf(2)]
  await everywhere(groups, key)
  const arrived = gate()
  network.fault('a', {
    before: method => (method === 'remove' || method === 'removeMany' ? arrived.promise : undefined),
  })
  source.version = 2
  for (const removing of [groups[1]!.remove(key), groups[1]!.removeMany([key, other])]) {
    await settled()
    await groups[2]!.get(key)
    arrived.open()
    await removing
    expect(await everywhere(groups, key)).toEqual(Array(3).fill(`${key}#2`))
  }
})

it('26: of two sets at once the later is not lost, at whichever node', async () => {
  const { group, keyOf } = fleetOf(2)
  const groups = group({ load: origin().load, maxBytes: 1000 })
  for (const [setter, each] of groups.entries()) {
    const key = keyOf(0, setter)
    await Promise.all([each.set(key, bytes('first')), each.set(key, bytes('second'))])
    expect(await everywhere(groups, key)).toEqual(['second', 'second'])
    const setting = each.set(key, bytes('third'))
    await each.remove(key)
    await setting
    expect(await everywhere(groups, key)).toEqual([`${key}#1`, `${key}#1`])
  }
})

it('26: sets at two nodes at once leave one value everywhere', async () => {
  const { group, keyOf } = fleetOf(3)
  const groups = group({ load: origin().load, maxBytes: 1000 })
  for (const owner of [0, 1, 2]) {
    const key = keyOf(owner)
    await Promise.all(groups.map((each, i) => each.set(key, bytes(`of ${i}`))))
    expect(new Set(await everywhere(groups, key)).size).toBe(1)
  }
})

it('a set from a node that takes another for the owner is a copy here, not more', async () => {
  const { nodes, group, keyOf } = fleetOf(2)
  const [, b] = group({ load: origin().load, maxBytes: 1000 })
  const entry = { value: bytes('copy'), expiresAtMs: Number.POSITIVE_INFINITY, expireNs: 0n }
  await nodes[1]!.cache.service.set('users', bytes(keyOf(0)), entry)
  await nodes[1]!.cache.service.set('users', bytes(keyOf(1)), entry)
  expect(b!.stats()).toMatchObject({ hot: { items: 1 }, main: { items: 1 } })
  expect(text(await b!.get(keyOf(0)))).toBe('copy')
})

it('an abort ends the wait for a set, which is finished all the same', async () => {
  const { network, group, keyOf } = fleetOf(2)
  const [a, b] = group({ load: origin().load, maxBytes: 1000 })
  const arrived = gate()
  network.fault('a', { before: () => arrived.promise })
  const caller = new AbortController()
  const setting = b!.set(keyOf(0), bytes('new'), { signal: caller.signal })
  await settled()
  caller.abort()
  expect(await failure(setting)).toMatchObject({ code: 'ABORTED' })
  arrived.open()
  await settled()
  expect(text(a!.peek(keyOf(0)))).toBe('new')
})

it('writes of one key do not queue up for ever where a peer hangs', async () => {
  const { network, group, keyOf } = fleetOf(3)
  const [a] = group({ load: origin().load, maxBytes: 1_000, peerTimeoutMs: 100 })
  network.fault('b', { isHanging: true })
  const startedAt = performance.now()
  const codes = await Promise.all(
    Array.from({ length: 12 }, async (_, i) => (await failure(a!.set(keyOf(0), bytes(`v${i}`)))).code),
  )
  expect(performance.now() - startedAt).toBeLessThan(1_000)
  expect(new Set(codes)).toEqual(new Set(['PEER_FAILED', 'TIMEOUT']))
  network.fault('b', {})
  await a!.set(keyOf(0), bytes('last'))
  expect(text(await a!.get(keyOf(0)))).toBe('last')
})
