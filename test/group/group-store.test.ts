import { expect, it, onTestFinished } from 'vitest'
import { GroupCache } from '../../src/group/group-cache.ts'
import type { GroupOptions, Load } from '../../src/group/group-options.ts'
import { MemoryNetwork } from '../../src/group/memory-network.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import type { Store } from '../../src/store/store.ts'
import { bytes, failure, gate, origin, settled, text } from './fleet.ts'

/** A node over a store, as often as it is started. */
function nodeOver(store: Store) {
  const time = { nowMs: 1_000_000 }
  const errors: unknown[] = []
  return {
    time,
    errors,
    start(options: GroupOptions<Uint8Array>) {
      const cache = new GroupCache({
        store,
        clock: () => time.nowMs,
        random: () => 0,
        onError: error => errors.push(error),
      })
      onTestFinished(() => cache.close())
      return { cache, users: cache.group('users', options) }
    },
  }
}

it('what was loaded and set is there after a restart, before the first load', async () => {
  const node = nodeOver(new MemoryStore())
  const { load, calls } = origin()
  const first = node.start({ load, maxBytes: 1000 })
  await first.users.get('alice')
  await first.users.set('bob', bytes('set'))
  await first.cache.close()
  const second = node.start({ load, maxBytes: 1000, afterRestart: 'trust' })
  expect(text(await second.users.get('alice'))).toBe('alice#1')
  expect(text(await second.users.get('bob'))).toBe('set')
  expect(calls).toEqual(['alice'])
  expect(second.users.stats().store).toMatchObject({ hits: 2 })
})

it('memory that is too small is made up for by the store', async () => {
  const node = nodeOver(new MemoryStore())
  const { load, calls } = origin()
  const { users } = node.start({ load, maxBytes: 0 })
  for (let i = 0; i < 3; i++) expect(text(await users.get('alice'))).toBe('alice#1')
  expect(calls).toEqual(['alice'])
})

it('revalidate: the old value is answered at once and refreshed once behind, then the new one', async () => {
  const node = nodeOver(new MemoryStore())
  const source = origin()
  const first = node.start({ load: source.load, maxBytes: 1000 })
  await first.users.get('alice')
  await first.cache.close()
  source.version = 2
  const refreshing = gate()
  const load: Load<Uint8Array> = async (key, context) => {
    await refreshing.promise
    return await source.load(key, context)
  }
  const { users } = node.start({ load, maxBytes: 1000 })
  for (let i = 0; i < 5; i++) expect(text(await users.get('alice'))).toBe('alice#1')
  refreshing.open()
  await settled()
  expect(text(await users.get('alice'))).toBe('alice#2')
  expect(source.calls).toHaveLength(2)
  expect(users.stats()).toMatchObject({ staleHits: 5, refreshes: 1 })
})

it('revalidate: gone if there is no such value any more, in the store too', async () => {
  const node = nodeOver(new MemoryStore())
  const first = node.start({ load: origin().load, maxBytes: 1000 })
  await first.users.get('alice')
  await first.cache.close()
  const second = node.start({ load: () => undefined, maxBytes: 1000 })
  expect(text(await second.users.get('alice'))).toBe('alice#1')
  await settled()
  expect(await second.users.get('alice')).toBeUndefined()
  await second.cache.close()
  const third = node.start({ load: () => undefined, maxBytes: 1000, afterRestart: 'trust' })
  expect(await third.users.get('alice')).toBeUndefined()
})

it.each([0, 50])(
  'revalidate: if the refresh fails the value is as old as one that expires now, staleIfErrorMs %i',
  async staleIfErrorMs => {
    const node = nodeOver(new MemoryStore())
    const first = node.start({ load: origin().load, maxBytes: 1000 })
    await first.users.get('alice')
    await first.cache.close()
    const load: Load<Uint8Array> = () => {
      throw new Error('no database')
    }
    const { users } = node.start({ load, maxBytes: 1000, staleIfErrorMs })
    expect(text(await users.get('alice'))).toBe('alice#1')
    await settled()
    expect(node.errors).toMatchObject([{ code: 'LOAD_FAILED' }])
    if (staleIfErrorMs > 0) {
      node.time.nowMs += 40
      expect(text(await users.get('alice'))).toBe('alice#1')
      node.time.nowMs += 10
    }
    expect(await failure(users.get('alice'))).toMatchObject({ code: 'LOAD_FAILED' })
  },
)

it('revalidate: other nodes keep no copy of what is not confirmed', async () => {
  const network = new MemoryNetwork()
  const store = new MemoryStore()
  const node = nodeOver(store)
  const source = origin()
  const first = node.start({ load: source.load, maxBytes: 1000 })
  const cache = new GroupCache({ transport: network.transport('b'), self: 'b' })
  onTestFinished(() => cache.close())
  cache.setPeers(['a', 'b'])
  const key = Array.from({ length: 100 }, (_, i) => `${i * 7919}`).find(each => cache.ownerOf(each) === 'a')!
  await first.users.get(key)
  await first.cache.close()
  source.version = 2
  network.serve('a', node.start({ load: source.load, maxBytes: 1000 }).cache.service)
  const users = cache.group('users', { load: source.load, maxBytes: 1000 })
  expect(text(await users.get(key))).toBe(`${key}#1`)
  expect(users.peek(key)).toBeUndefined()
  await settled()
  expect(text(await users.get(key))).toBe(`${key}#2`)
})

it.each(['remove', 'set'] as const)('revalidate: a %s while it is refreshed wins', async how => {
  const node = nodeOver(new MemoryStore())
  const first = node.start({ load: origin().load, maxBytes: 1000 })
  await first.users.get('alice')
  await first.cache.close()
  const refreshing = gate<Uint8Array>()
  let calls = 0
  const load = (): Promise<Uint8Array> | Uint8Array => (++calls === 1 ? refreshing.promise : bytes('last'))
  const second = node.start({ load, maxBytes: 1000 })
  await second.users.get('alice')
  if (how === 'remove') await second.users.remove('alice')
  else await second.users.set('alice', bytes('last'))
  refreshing.open(bytes('refreshed'))
  await settled()
  expect(text(await second.users.get('alice'))).toBe('last')
  await second.cache.close()
  const third = node.start({ load, maxBytes: 1000, afterRestart: 'trust' })
  expect(text(await third.users.get('alice'))).toBe('last')
})

it('discard: what an earlier run stored is not used', async () => {
  const node = nodeOver(new MemoryStore())
  const { load, calls } = origin()
  const first = node.start({ load, maxBytes: 1000 })
  await first.users.get('alice')
  await first.cache.close()
  await node.start({ load, maxBytes: 1000, afterRestart: 'discard' }).users.get('alice')
  expect(calls).toEqual(['alice', 'alice'])
})

it('expiry survives a restart', async () => {
  const node = nodeOver(new MemoryStore())
  const source = origin()
  const options: GroupOptions<Uint8Array> = { load: source.load, maxBytes: 1000, ttlMs: 100, afterRestart: 'trust' }
  const first = node.start(options)
  await first.users.get('alice')
  await first.cache.close()
  source.version = 2
  node.time.nowMs += 100
  expect(text(await node.start(options).users.get('alice'))).toBe('alice#1')
  node.time.nowMs += 1
  expect(text(await node.start(options).users.get('alice'))).toBe('alice#2')
})

it('a remove reaches the store before it resolves, so that it holds across a crash', async () => {
  const store = new MemoryStore()
  const node = nodeOver(store)
  const source = origin()
  const options: GroupOptions<Uint8Array> = { load: source.load, maxBytes: 1000, afterRestart: 'trust' }
  const first = node.start(options)
  await first.users.set('alice', bytes('old'))
  await first.users.remove('alice')
  // The first node never closes.
  expect(text(await node.start(options).users.get('alice'))).toBe('alice#1')
})

it('a store that fails fails no get; a set or remove says so', async () => {
  const broken = async (): Promise<never> => {
    throw new Error('no disk')
  }
  const node = nodeOver({
    load: broken,
    store: broken,
    remove: broken,
    list: broken,
    close: async () => undefined,
  } as never)
  const { users } = node.start({ load: origin().load, maxBytes: 0 })
  expect(text(await users.get('alice'))).toBe('alice#1')
  expect(
    await users.set('alice', bytes('x')).then(
      () => 'done',
      () => 'failed',
    ),
  ).toBe('failed')
  expect(
    await users.remove('alice').then(
      () => 'done',
      () => 'failed',
    ),
  ).toBe('failed')
  expect(users.stats().store!.errors).toBeGreaterThan(0)
})

it('persist: false keeps a group out of the store', async () => {
  const store = new MemoryStore()
  const { cache, users } = nodeOver(store).start({ load: origin().load, maxBytes: 1000, persist: false })
  await users.get('alice')
  await users.set('bob', bytes('x'))
  await cache.close()
  const found: string[] = []
  for await (const key of store.list('')) found.push(key)
  expect(found).toEqual([])
})
