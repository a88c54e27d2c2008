import { expect, it } from 'vitest'
import { entryFromWire } from '../../src/group/entry.ts'
import type { Group } from '../../src/group/group.ts'
import { GroupCache } from '../../src/group/group-cache.ts'
import { MemoryNetwork } from '../../src/group/memory-network.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import type { Store } from '../../src/store/store.ts'
import { bytes, fleetOf, gate, origin, settled, text } from './fleet.ts'

it('expiry keeps its nanoseconds over set, store, restart and wire', async () => {
  const [network, store] = [new MemoryNetwork(), new MemoryStore()]
  const expireNs = 4_102_444_800_123_456_789n
  for (const key of [bytes('text'), Uint8Array.of(0xff, 0xfe), Uint8Array.of(0x61, 0x2f, 0x80)]) {
    const open = (): GroupCache => {
      const cache = new GroupCache({ store, transport: network.transport('a'), self: 'a' })
      cache.group('users', { load: () => undefined, maxBytes: 1000, afterRestart: 'trust' })
      return cache
    }
    const first = open()
    await first.service.set('users', key, entryFromWire(bytes('v'), expireNs))
    await first.close()
    const second = open()
    expect(await second.service.get('users', key)).toMatchObject({ kind: 'value', entry: { expireNs } })
    await second.getGroup('users')!.removeMany([key, 'another'])
    await second.close()
    const third = open()
    expect(await third.service.get('users', key)).toMatchObject({ kind: 'notFound' })
    await third.close()
  }
})

it.each([0, 1, 7])('maxBytes of %i keeps nothing and answers all the same, with a store too', async maxBytes => {
  for (const store of [undefined, new MemoryStore()]) {
    const { group, keyOf } = fleetOf(2, store && { store })
    const [a, b] = group({ load: origin().load, maxBytes, negativeTtlMs: 50, staleMs: 50 })
    for (const each of [a, b]) expect(text(await each!.get(keyOf(0)))).toBe(`${keyOf(0)}#1`)
    await b!.set(keyOf(0), bytes('set'))
    await a!.remove(keyOf(0))
    expect(text(await b!.get(keyOf(0)))).toBe(`${keyOf(0)}#1`)
    for (const each of [a, b]) expect(each!.stats()).toMatchObject({ main: { bytes: 0 }, hot: { bytes: 0 } })
  }
})

it('"there is none" is over with a set at any node, also where it was remembered by a former owner', async () => {
  const { nodes, group, keyOf } = fleetOf(3)
  const groups = group({ load: () => undefined, maxBytes: 10_000, negativeTtlMs: 10_000 })
  const key = keyOf(0)
  for (const each of groups) expect(await each.get(key)).toBeUndefined()
  for (const { cache, address } of nodes) cache.setPeers(['b', 'c', ...(address === 'a' ? ['a'] : [])])
  for (const each of groups) expect(await each.get(key)).toBeUndefined()
  for (const { cache } of nodes) cache.setPeers(['a', 'b', 'c'])
  await groups[2]!.set(key, bytes('there'))
  for (const each of groups) expect(text(await each.get(key))).toBe('there')
})

it('a set during the refresh of what an earlier run stored wins, in memory and store', async () => {
  const store = new MemoryStore()
  const loaded = gate<Uint8Array>()
  let run = 0
  const open = (): GroupCache => {
    const cache = new GroupCache({ store })
    run++
    cache.group('users', { load: () => (run === 2 ? loaded.promise : bytes('first')), maxBytes: 1000 })
    return cache
  }
  const first = open()
  await first.getGroup('users')!.get('alice')
  await first.close()
  const second = open()
  const users = second.getGroup('users')!
  expect(text((await users.get('alice')) as Uint8Array)).toBe('first')
  await second.service.set('users', bytes('alice'), entryFromWire(bytes('set'), 0n))
  expect(text((await users.get('alice')) as Uint8Array)).toBe('set')
  loaded.open(bytes('loaded'))
  await settled()
  expect(text((await users.get('alice')) as Uint8Array)).toBe('set')
  await second.close()
  const third = open()
  expect(text((await third.getGroup('users')!.get('alice')) as Uint8Array)).toBe('set')
  await third.close()
})

it('what is discarded after a restart does not take along what is set at that moment', async () => {
  for (let hops = 0; hops < 30; hops++) {
    const disk = new MemoryStore()
    const open = (store: Store, afterRestart: 'discard' | 'trust'): Group<Uint8Array> =>
      new GroupCache({ store }).group('users', { load: () => bytes('loaded'), maxBytes: 1000, afterRestart })
    await open(disk, 'trust').set('alice', bytes('old'))
    const read = gate()
    const slow: Store = {
      list: prefix => disk.list(prefix),
      load: async key => {
        const value = await disk.load(key)
        await read.promise
        return value
      },
      store: (key, value) => disk.store(key, value),
      remove: key => disk.remove(key),
    }
    const users = open(slow, 'discard')
    const get = users.get('alice')
    await settled()
    read.open()
    for (let i = 0; i < hops; i++) await undefined
    await users.set('alice', bytes('set'))
    await get
    await settled()
    expect(text(await open(disk, 'trust').get('alice')), `${hops} hops`).toBe('set')
  }
})
