import { expect, it } from 'vitest'
import type { Load, LoadedValue } from '../../src/group/group-options.ts'
import { bytes, failure, fleetOf, gate, origin, settled, text } from './fleet.ts'

it('22: a value is fresh up to the instant of its expiry, and never longer', async () => {
  const { group, keyOf, time } = fleetOf(2)
  const source = origin()
  const groups = group({ load: source.load, maxBytes: 1000, ttlMs: 100 })
  const key = keyOf(0)
  for (const each of groups) await each.get(key)
  source.version = 2
  time.nowMs += 100
  for (const each of groups) expect(text(await each.get(key))).toBe(`${key}#1`)
  time.nowMs += 1
  for (const each of [groups[1]!, groups[0]!]) expect(text(await each.get(key))).toBe(`${key}#2`)
})

it('22: a value may bring an expiry of its own, as a Date or in milliseconds, or never expire', async () => {
  const { group, time } = fleetOf(1)
  const expiries: Record<string, Date | number> = {
    date: new Date(time.nowMs + 50),
    ms: time.nowMs + 50,
    never: Number.POSITIVE_INFINITY,
  }
  let calls = 0
  const load: Load<Uint8Array> = (key): LoadedValue<Uint8Array> => {
    calls++
    return { value: bytes('x'), expiresAt: expiries[key] }
  }
  const [users] = group({ load, maxBytes: 1000, ttlMs: 100 })
  for (const key of ['date', 'ms', 'never', 'default']) await users!.get(key)
  time.nowMs += 51
  for (const key of ['date', 'ms', 'never', 'default']) await users!.get(key)
  expect(calls).toBe(6)
  time.nowMs += 1e9
  await users!.get('never')
  expect(calls).toBe(6)
})

it('22: a set extends it', async () => {
  const { group, keyOf, time } = fleetOf(2)
  const groups = group({ load: origin().load, maxBytes: 1000, ttlMs: 100 })
  const key = keyOf(0)
  await groups[1]!.set(key, bytes('short'), { expiresAt: time.nowMs + 10 })
  await groups[1]!.set(key, bytes('long'), { expiresAt: new Date(time.nowMs + 1000) })
  time.nowMs += 500
  for (const each of groups) expect(text(await each.get(key))).toBe('long')
  time.nowMs += 501
  expect(text(await groups[1]!.get(key))).toBe(`${key}#1`)
})

it('ttlJitter shortens the time at random', async () => {
  const { nodes, group, time } = fleetOf(1, { random: () => 0.5 })
  const { load, calls } = origin()
  const [users] = group({ load, maxBytes: 1000, ttlMs: 100, ttlJitter: 0.4 })
  await users!.get('alice')
  time.nowMs += 80
  await users!.get('alice')
  expect(calls).toHaveLength(1)
  time.nowMs += 1
  await users!.get('alice')
  expect(calls).toHaveLength(2)
  expect(nodes[0]!.errors).toEqual([])
})

it('staleMs: the old value is answered at once while one refresh runs behind, then the new one', async () => {
  const { group, time } = fleetOf(1)
  const gates = [gate<Uint8Array>(), gate<Uint8Array>()]
  let calls = 0
  const [users] = group({ load: () => gates[calls++]!.promise, maxBytes: 1000, ttlMs: 100, staleMs: 50 })
  gates[0]!.open(bytes('old'))
  await users!.get('alice')
  time.nowMs += 150
  for (let i = 0; i < 10; i++) expect(text(await users!.get('alice'))).toBe('old')
  expect(calls).toBe(2)
  gates[1]!.open(bytes('new'))
  await settled()
  expect(text(await users!.get('alice'))).toBe('new')
  expect(users!.stats()).toMatchObject({ staleHits: 10, refreshes: 1, localLoads: 2 })
})

it('staleMs: past it the caller waits for the load', async () => {
  const { group, time } = fleetOf(1)
  const source = origin()
  const [users] = group({ load: source.load, maxBytes: 1000, ttlMs: 100, staleMs: 50 })
  await users!.get('alice')
  source.version = 2
  time.nowMs += 151
  expect(text(await users!.get('alice'))).toBe('alice#2')
})

it('staleMs: a copy of a peer is refreshed from the owner, and an old answer of the owner is not kept', async () => {
  const { group, keyOf, time } = fleetOf(2)
  const source = origin()
  const [a, b] = group({ load: source.load, maxBytes: 1000, ttlMs: 100, staleMs: 50 })
  const key = keyOf(0)
  await b!.get(key)
  source.version = 2
  time.nowMs += 120
  expect(text(await b!.get(key))).toBe(`${key}#1`)
  await settled()
  expect(a!.stats()).toMatchObject({ staleHits: 1, refreshes: 1 })
  // The refresh got the old value from the owner, which was refreshing itself.
  expect(b!.peek(key)).toBeUndefined()
  expect(text(await b!.get(key))).toBe(`${key}#2`)
  expect(text(b!.peek(key))).toBe(`${key}#2`)
})

it('staleMs: a refresh that fails is told of, and leaves the old value while it may be answered', async () => {
  const { nodes, group, time } = fleetOf(1)
  let calls = 0
  const load = (): Uint8Array => {
    if (++calls > 1) throw new Error('no database')
    return bytes('old')
  }
  const [users] = group({ load, maxBytes: 1000, ttlMs: 100, staleMs: 50 })
  await users!.get('alice')
  time.nowMs += 120
  await users!.get('alice')
  await settled()
  expect(text(await users!.get('alice'))).toBe('old')
  expect(nodes[0]!.errors[0]).toMatchObject({ code: 'LOAD_FAILED', cause: { cause: { message: 'no database' } } })
  time.nowMs += 31
  expect(await failure(users!.get('alice'))).toMatchObject({ code: 'LOAD_FAILED' })
})

it('staleMs: a refresh that finds no value ends the old one', async () => {
  const { group, time } = fleetOf(1)
  let calls = 0
  const load: Load<Uint8Array> = () => (++calls > 1 ? undefined : bytes('old'))
  const [users] = group({ load, maxBytes: 1000, ttlMs: 100, staleMs: 50 })
  await users!.get('alice')
  time.nowMs += 120
  expect(text(await users!.get('alice'))).toBe('old')
  await settled()
  expect(await users!.get('alice')).toBeUndefined()
})

it.each(['remove', 'set'] as const)('24: a %s during a refresh wins', async how => {
  const { group, time } = fleetOf(1)
  const gates = [gate<Uint8Array>(), gate<Uint8Array>(), gate<Uint8Array>()]
  let calls = 0
  const [users] = group({ load: () => gates[calls++]!.promise, maxBytes: 1000, ttlMs: 100, staleMs: 50 })
  gates[0]!.open(bytes('first'))
  await users!.get('alice')
  time.nowMs += 120
  await users!.get('alice')
  if (how === 'remove') await users!.remove('alice')
  else await users!.set('alice', bytes('last'))
  gates[1]!.open(bytes('refreshed'))
  await settled()
  gates[2]!.open(bytes('last'))
  expect(text(await users!.get('alice'))).toBe('last')
})

it('staleIfErrorMs: an old value is answered if the load fails, here or at the owner, and not else', async () => {
  const { group, keyOf, time } = fleetOf(2)
  const source = origin()
  let isDown = false
  const load: Load<Uint8Array> = (key, context) => {
    if (isDown) throw new Error('no database')
    return source.load(key, context)
  }
  const groups = group({ load, maxBytes: 1000, ttlMs: 100, staleIfErrorMs: 50 })
  const key = keyOf(0)
  for (const each of groups) await each.get(key)
  isDown = true
  time.nowMs += 150
  for (const each of groups) expect(text(await each.get(key))).toBe(`${key}#1`)
  isDown = false
  source.version = 2
  for (const each of groups) expect(text(await each.get(key))).toBe(`${key}#2`)
  isDown = true
  time.nowMs += 151
  for (const each of groups) expect(await failure(each.get(key))).toMatchObject({ code: 'LOAD_FAILED' })
})

it('refreshAheadMs: the owner refreshes a value that is read shortly before it expires; copies wait for that', async () => {
  const { group, keyOf, time } = fleetOf(2)
  const source = origin()
  const [a, b] = group({ load: source.load, maxBytes: 1000, ttlMs: 100, refreshAheadMs: 20 })
  const key = keyOf(0)
  await b!.get(key)
  source.version = 2
  time.nowMs += 80
  await a!.get(key)
  expect(source.calls).toHaveLength(1)
  time.nowMs += 1
  await b!.get(key)
  expect(source.calls).toHaveLength(1)
  for (let i = 0; i < 5; i++) expect(text(await a!.get(key))).toMatch(/#[12]$/)
  await settled()
  expect(source.calls).toHaveLength(2)
  expect(a!.stats()).toMatchObject({ refreshes: 1, staleHits: 0 })
  expect(text(await a!.get(key))).toBe(`${key}#2`)
})

it('an expired value of a peer is answered once, and not kept', async () => {
  const { network, group, keyOf, time } = fleetOf(2)
  const [, b] = group({ load: origin().load, maxBytes: 1000 })
  const entry = { value: bytes('old'), expiresAtMs: time.nowMs - 1, expireNs: BigInt(time.nowMs - 1) * 1_000_000n }
  network.fault('a', { lie: () => ({ kind: 'value', entry }) })
  expect(text(await b!.get(keyOf(0)))).toBe('old')
  expect(b!.stats()).toMatchObject({ hot: { items: 0 }, main: { items: 0 }, staleHits: 1 })
})

it('an origin that is down is not asked by every get of an old value', async () => {
  const { group, time } = fleetOf(1)
  let calls = 0
  const load: Load<Uint8Array> = () => {
    if (++calls > 1) throw new Error('no database')
    return bytes('old')
  }
  const [users] = group({ load, maxBytes: 1000, ttlMs: 1_000, staleMs: 60_000 })
  await users!.get('alice')
  time.nowMs += 2_000
  for (let n = 0; n < 50; n++) {
    expect(text(await users!.get('alice'))).toBe('old')
    await settled()
    time.nowMs += 10
  }
  expect(calls).toBeLessThan(5)
})

it('a value that is loaded shortly before its expiry is not loaded by every get', async () => {
  const { group, time } = fleetOf(1)
  let calls = 0
  const load: Load<Uint8Array> = () => {
    calls++
    return { value: bytes('new'), expiresAt: time.nowMs + 500 }
  }
  const [users] = group({ load, maxBytes: 1000, ttlMs: 5_000, refreshAheadMs: 1_000 })
  for (let n = 0; n < 40; n++) {
    await users!.get('alice')
    await settled()
    time.nowMs += 1
  }
  expect(calls).toBeLessThan(5)
})
