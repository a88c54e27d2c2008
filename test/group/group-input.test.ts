import { expect, it } from 'vitest'
import { GroupCache } from '../../src/group/group-cache.ts'
import type { GroupCacheOptions } from '../../src/group/group-cache-options.ts'
import type { GroupOptions } from '../../src/group/group-options.ts'
import { bytes, failure, fleetOf } from './fleet.ts'

const good: GroupOptions<Uint8Array> = { load: () => undefined, maxBytes: 1000 }

it.each<[string, object, typeof TypeError | typeof RangeError]>([
  ['no loader', { maxBytes: 1000 }, TypeError],
  ['a loader that is none', { ...good, load: 'x' }, TypeError],
  ['no size', { load: good.load }, TypeError],
  ['a negative size', { ...good, maxBytes: -1 }, RangeError],
  ['half a byte', { ...good, maxBytes: 1.5 }, RangeError],
  ['an option that is none', { ...good, ttl: 5 }, TypeError],
  ['a negative time', { ...good, staleMs: -1 }, RangeError],
  ['no time to live', { ...good, ttlMs: 0 }, RangeError],
  ['a jitter above 1', { ...good, ttlMs: 5, ttlJitter: 1.1 }, RangeError],
  ['a deadline of 0', { ...good, loadTimeoutMs: 0 }, RangeError],
  ['a deadline that timers do not know', { ...good, peerTimeoutMs: 2 ** 31 }, RangeError],
  ['a value that is always refreshed', { ...good, ttlMs: 5, refreshAheadMs: 5 }, RangeError],
  ['a codec that is none', { ...good, codec: null }, TypeError],
  ['half a codec', { ...good, codec: { encode: () => undefined } }, TypeError],
  ['a restart that is none', { ...good, afterRestart: 'forget' }, TypeError],
  ['a text for a boolean', { ...good, persist: 'no' }, TypeError],
  ['a cache that is none', { ...good, entryCache: {} }, TypeError],
  ['a promoter that is none', { ...good, promote: true }, TypeError],
])('a group with %s is refused, and its name stays free', (_what, options, kind) => {
  const { cache } = fleetOf(1).nodes[0]!
  expect(() => cache.group('users', options as GroupOptions)).toThrow(kind)
  expect(cache.getGroup('users')).toBeUndefined()
  cache.group('users', good)
})

it.each(['', 'a/b', '.', '..', '\ud800'])('%j is no name of a group', name => {
  expect(() => fleetOf(1).nodes[0]!.cache.group(name, good)).toThrow(RangeError)
})

it('a second group of one name is refused, and the first stays', async () => {
  const { cache } = fleetOf(1).nodes[0]!
  const first = cache.group('users', good)
  expect(() => cache.group('users', good)).toThrow(expect.objectContaining({ code: 'ALREADY_EXISTS' }))
  expect(cache.getGroup('users')).toBe(first)
  expect(await first.get('x')).toBeUndefined()
})

it.each<[string, object]>([
  ['an option that is none', { transports: [] }],
  ['a transport that is none', { transport: {} }],
  ['a ring that is none', { ring: 'md5' }],
  ['no replicas', { replicas: 0 }],
  ['a breaker that never opens', { breaker: { maxFailures: 0 } }],
  ['a clock that is none', { clock: 5 }],
  ['a name that is none', { self: 5 }],
  ['a path for a store', { store: './cache' }],
])('a cache with %s is refused', (_what, options) => {
  expect(() => new GroupCache(options as GroupCacheOptions)).toThrow(/^Option|^Unknown option/)
})

it('keys and values of a wrong type or size are refused', async () => {
  const { cache } = fleetOf(1).nodes[0]!
  const users = cache.group('users', { ...good, maxKeyBytes: 4 })
  const wrong = 5 as never
  for (const call of [
    users.get(wrong),
    users.set(wrong, bytes('')),
    users.remove(wrong),
    users.getMany(wrong),
    users.removeMany('abc' as never),
  ]) {
    expect((await failure(call)).error).toBeInstanceOf(TypeError)
  }
  expect(() => users.peek(wrong)).toThrow(TypeError)
  for (const key of ['12345', 'ääx', '\ud800', new Uint8Array(5)]) {
    for (const call of [users.get(key), users.set(key, bytes('')), users.remove(key), users.removeMany([key])]) {
      expect(await failure(call)).toMatchObject({ code: 'INVALID_KEY' })
    }
  }
  expect((await failure(users.set('k', 'text' as never))).error).toBeInstanceOf(TypeError)
  expect((await failure(users.set('k', bytes(''), { expiresAt: 'now' as never }))).error).toBeInstanceOf(TypeError)
  expect((await failure(users.set('k', bytes(''), { expiresAt: Number.NaN }))).error).toBeInstanceOf(RangeError)
  expect((await failure(users.set('k', bytes(''), { ttlMs: 5 } as never))).error).toBeInstanceOf(TypeError)
  expect(users.stats().main.items).toBe(0)
})

it('a loader that gives something else than bytes is LOAD_FAILED', async () => {
  const { cache } = fleetOf(1).nodes[0]!
  const users = cache.group('users', { ...good, load: () => 'text' as never })
  expect(await failure(users.get('k'))).toMatchObject({ code: 'LOAD_FAILED', error: { cause: expect.any(TypeError) } })
})

it('a signal that is aborted already ends every call before it begins', async () => {
  const { cache } = fleetOf(1).nodes[0]!
  const users = cache.group('users', good)
  const options = { signal: AbortSignal.abort() }
  for (const call of [
    users.get('k', options),
    users.getMany(['k'], options),
    users.set('k', bytes(''), options),
    users.remove('k', options),
    users.removeMany(['k'], options),
  ]) {
    expect(await failure(call)).toMatchObject({ code: 'ABORTED' })
  }
  expect(users.stats().gets).toBe(0)
})

it('messages and reports hold no keys and no values', async () => {
  const { nodes, group, keyOf } = fleetOf(2)
  const load = (): Uint8Array => {
    throw new Error('no database')
  }
  const [, b] = group({ load, maxBytes: 1000 })
  nodes[0]!.stop()
  const failed = await Promise.all(
    [b!.get(keyOf(0)), b!.set(keyOf(0), bytes('secret')), b!.remove(keyOf(0))].map(failure),
  )
  const told = [...nodes[1]!.errors, ...failed.map(({ error }) => error)].map(error => `${(error as Error).message}`)
  expect(told).toHaveLength(4)
  for (const message of told) expect(message).not.toMatch(new RegExp(`${keyOf(0)}|secret`))
})
