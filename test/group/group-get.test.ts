import { expect, it } from 'vitest'
import type { Load } from '../../src/group/group-options.ts'
import { bytes, failure, fleetOf, gate, origin, settled, text } from './fleet.ts'

it('18: many gets of one key at once load it once; each gets a copy of its own', async () => {
  const { nodes, group, keyOf } = fleetOf(3)
  const { load, calls } = origin()
  const groups = group({ load, maxBytes: 10_000 })
  const key = keyOf(0)
  const values = await Promise.all(groups.flatMap(each => Array.from({ length: 50 }, () => each.get(key))))
  expect(calls).toEqual([key])
  expect(new Set(values.map(text))).toEqual(new Set([`${key}#1`]))
  expect(new Set(values.map(value => value!.buffer)).size).toBe(150)
  expect(nodes.flatMap(node => node.errors)).toEqual([])
})

it('19: a second look inside the flight prevents a second load; the bytes count once', async () => {
  const { group } = fleetOf(1)
  const { load, calls } = origin()
  const [users] = group({ load, maxBytes: 10_000 })
  await users!.get('alice')
  await Promise.all([users!.get('alice'), users!.get('alice')])
  expect(calls).toEqual(['alice'])
  expect(users!.stats().main).toMatchObject({ items: 1, bytes: 'alice'.length + 'alice#1'.length })
})

it('20: loads of the owner fill main, fetches fill hot, loads after a failure of the owner fill main', async () => {
  const { nodes, group, keyOf } = fleetOf(2)
  const { load } = origin()
  const [a, b] = group({ load, maxBytes: 10_000 })
  await b!.get(keyOf(0))
  expect(a!.stats()).toMatchObject({ main: { items: 1 }, hot: { items: 0 } })
  expect(b!.stats()).toMatchObject({ main: { items: 0 }, hot: { items: 1 }, peerErrors: 0 })
  nodes[0]!.stop()
  expect(text(await b!.get(keyOf(0, 1)))).toBe(`${keyOf(0, 1)}#1`)
  expect(b!.stats()).toMatchObject({ main: { items: 1 }, hot: { items: 1 }, peerErrors: 1, localLoads: 1 })
  expect(nodes[1]!.errors).toEqual([expect.objectContaining({ code: 'PEER_FAILED' })])
})

it('20: what promote says no to is answered, and not kept', async () => {
  const { group, keyOf } = fleetOf(2)
  const asked: [string, number][] = []
  const promote = (key: string, byteLength: number): boolean => asked.push([key, byteLength]) < 0
  const [, b] = group({ load: origin().load, maxBytes: 10_000, promote })
  const key = keyOf(0)
  await b!.get(key)
  expect(asked).toEqual([[key, key.length + 2]])
  expect(b!.stats().hot.items).toBe(0)
})

it('21: the hot budget is an eighth, main seven times that; nothing is kept without a budget', async () => {
  const { group, keyOf } = fleetOf(2)
  const load = (): Uint8Array => new Uint8Array(85)
  const [a, b] = group({ load, maxBytes: 807 })
  for (let n = 0; n < 20; n++) await b!.get(keyOf(0, n))
  expect(a!.stats().main.bytes).toBeGreaterThan(500)
  expect(a!.stats().main.bytes).toBeLessThanOrEqual(700)
  expect(b!.stats().hot.items).toBe(1)
  expect(b!.stats().hot.bytes).toBeLessThanOrEqual(100)
  const none = fleetOf(1)
  const { load: counted, calls } = origin()
  const [users] = none.group({ load: counted, maxBytes: 0 })
  await users!.get('alice')
  await users!.get('alice')
  expect(calls).toEqual(['alice', 'alice'])
})

it('21: a value above the budget is answered and drives nothing else out', async () => {
  const { group } = fleetOf(1)
  const load: Load<Uint8Array> = key => new Uint8Array(key === 'large' ? 1000 : 10)
  const [users] = group({ load, maxBytes: 800 })
  await users!.get('small')
  expect((await users!.get('large'))?.byteLength).toBe(1000)
  expect(users!.stats().main).toMatchObject({ items: 1, rejected: 1, evictions: 0 })
})

it('27: a waiter that aborts is the only one to fail; the load goes on for the others', async () => {
  const { group } = fleetOf(1)
  const value = gate<Uint8Array>()
  let loadSignal: AbortSignal | undefined
  const [users] = group({
    maxBytes: 1000,
    load: (_key, { signal }) => {
      loadSignal = signal
      return value.promise
    },
  })
  const leader = new AbortController()
  const first = users!.get('alice', { signal: leader.signal })
  const second = users!.get('alice')
  leader.abort(new Error('enough'))
  expect(await failure(first)).toMatchObject({ code: 'ABORTED', error: { cause: { message: 'enough' } } })
  expect(loadSignal?.aborted).toBe(false)
  value.open(bytes('here'))
  expect(text(await second)).toBe('here')
})

it('27: the load aborts when nobody waits any more, at the owner too', async () => {
  const { group, keyOf } = fleetOf(2)
  const signals: AbortSignal[] = []
  const load: Load<Uint8Array> = (_key, { signal }) => {
    signals.push(signal)
    return new Promise(() => undefined)
  }
  const [, b] = group({ maxBytes: 1000, load })
  const callers = [new AbortController(), new AbortController()]
  const gets = callers.map(({ signal }) => failure(b!.get(keyOf(0), { signal })))
  await settled()
  callers[0]!.abort()
  await settled()
  expect(signals.map(signal => signal.aborted)).toEqual([false])
  callers[1]!.abort()
  for (const get of gets) expect(await get).toMatchObject({ code: 'ABORTED' })
  await settled()
  expect(signals.map(signal => signal.aborted)).toEqual([true])
})

it('28: what the loader throws rejects all who wait, and the next get works', async () => {
  const { group } = fleetOf(1)
  let calls = 0
  const load = (): Uint8Array => {
    if (++calls === 1) throw new Error('no database')
    return bytes('here')
  }
  const [users] = group({ load, maxBytes: 1000 })
  const both = [users!.get('alice'), users!.get('alice')]
  for (const get of both) {
    expect(await failure(get)).toMatchObject({ code: 'LOAD_FAILED', error: { cause: { message: 'no database' } } })
  }
  expect(text(await users!.get('alice'))).toBe('here')
})

it('28: what the loader of the owner throws is the end of it: nobody else loads', async () => {
  const { group, keyOf } = fleetOf(2)
  let calls = 0
  const load = (): Uint8Array => {
    calls++
    throw new Error('no database')
  }
  const [, b] = group({ load, maxBytes: 1000 })
  const { code, error } = await failure(b!.get(keyOf(0)))
  expect(code).toBe('LOAD_FAILED')
  expect(error.message).toContain('no database')
  expect(calls).toBe(1)
  expect(b!.stats()).toMatchObject({ peerErrors: 0, localLoads: 0 })
})

it('29: that there is no value is not remembered, and the owner is believed', async () => {
  const { group, keyOf } = fleetOf(2)
  const calls: string[] = []
  const load: Load<Uint8Array> = key => {
    calls.push(key)
    return undefined
  }
  const [, b] = group({ load, maxBytes: 1000 })
  expect(await b!.get(keyOf(0))).toBeUndefined()
  expect(await b!.get(keyOf(0))).toBeUndefined()
  expect(calls).toEqual([keyOf(0), keyOf(0)])
})

it('29: it is remembered for negativeTtlMs, and a set ends that', async () => {
  const { group, keyOf, time } = fleetOf(2)
  const calls: string[] = []
  const load: Load<Uint8Array> = key => {
    calls.push(key)
    return undefined
  }
  const [a, b] = group({ load, maxBytes: 1000, negativeTtlMs: 100 })
  const key = keyOf(0)
  for (let i = 0; i < 3; i++) expect(await b!.get(key)).toBeUndefined()
  expect(calls).toEqual([key])
  expect(a!.stats().negativeHits).toBe(2)
  time.nowMs += 101
  await a!.get(key)
  expect(calls).toEqual([key, key])
  await b!.set(key, bytes('now there'))
  expect(text(await a!.get(key))).toBe('now there')
  expect(text(await b!.get(key))).toBe('now there')
})

it('34: changing a buffer after set or get does not change the cache', async () => {
  const { group, keyOf } = fleetOf(2)
  const loaded = Buffer.from('loaded')
  const [a, b] = group({ load: () => loaded, maxBytes: 1000 })
  for (const key of [keyOf(0), keyOf(1)]) {
    const got = await a!.get(key)
    loaded.fill(0)
    got!.fill(0)
    expect(text(await a!.get(key))).toBe('loaded')
    loaded.write('loaded')
    const value = Buffer.from('set by hand')
    const setting = a!.set(key, value)
    value.fill(0)
    await setting
    ;(await a!.get(key))!.fill(0)
    expect([text(await a!.get(key)), text(await b!.get(key))]).toEqual(['set by hand', 'set by hand'])
  }
})

it('a load has a deadline, which is TIMEOUT for who waits here and at other nodes a failed load', async () => {
  const { group, keyOf } = fleetOf(2)
  const [a, b] = group({ load: () => new Promise(() => undefined), maxBytes: 1000, loadTimeoutMs: 10 })
  expect(await failure(a!.get(keyOf(0)))).toMatchObject({ code: 'TIMEOUT' })
  expect(await failure(b!.get(keyOf(0)))).toMatchObject({ code: 'LOAD_FAILED' })
})

it('a value above maxValueBytes is refused from loaders, callers and peers', async () => {
  const { network, nodes, group, keyOf } = fleetOf(2)
  const [a, b] = group({ load: () => new Uint8Array(11), maxBytes: 1000, maxValueBytes: 10 })
  expect(await failure(a!.get(keyOf(0)))).toMatchObject({ code: 'VALUE_TOO_LARGE' })
  expect(await failure(a!.set(keyOf(0), new Uint8Array(11)))).toMatchObject({ code: 'VALUE_TOO_LARGE' })
  await a!.set(keyOf(0), new Uint8Array(10))
  expect((await b!.get(keyOf(0)))?.byteLength).toBe(10)
  const entry = { value: new Uint8Array(11), expiresAtMs: Number.POSITIVE_INFINITY, expireNs: 0n }
  expect(await failure(nodes[0]!.cache.service.set('users', bytes('k'), entry))).toMatchObject({
    code: 'VALUE_TOO_LARGE',
  })
  network.fault('a', { lie: () => ({ kind: 'value', entry }) })
  expect(await failure(b!.get(keyOf(0, 1)))).toMatchObject({ code: 'VALUE_TOO_LARGE' })
  expect(b!.stats().peerErrors).toBe(1)
})

it('keys are text or bytes, which need not be UTF-8', async () => {
  const { group } = fleetOf(2)
  const seen: [string, Uint8Array][] = []
  const load: Load<Uint8Array> = (key, { keyBytes }) => {
    seen.push([key, keyBytes])
    return keyBytes
  }
  const [a, b] = group({ load, maxBytes: 1000 })
  const odd = Uint8Array.of(0xff, 0x41, 0xfe)
  expect(await a!.get(odd)).toEqual(odd)
  expect(await b!.get(odd)).toEqual(odd)
  expect(seen.map(([, keyBytes]) => keyBytes)).toEqual([odd])
  expect(text(await a!.get('日本語'))).toBe('日本語')
  expect(text(await b!.get(bytes('日本語')))).toBe('日本語')
  expect(seen).toHaveLength(2)
  await b!.removeMany([odd, '日本語'])
  await a!.get(odd)
  await a!.get('日本語')
  expect(seen).toHaveLength(4)
})

it('a codec gives typed values; each caller has its own', async () => {
  const { nodes } = fleetOf(2)
  const codec = {
    encode: (value: { n: number }) => bytes(JSON.stringify(value)),
    decode: (value: Uint8Array): { n: number } => JSON.parse(text(value)!),
  }
  const load = (key: string) => ({ value: { n: key.length }, expiresAt: undefined })
  const groups = nodes.map(({ cache }) => cache.group('sizes', { load, codec, maxBytes: 1000 }))
  for (const each of groups) {
    const value = await each.get('alice')
    expect(value).toEqual({ n: 5 })
    value!.n = 6
    expect(await each.get('alice')).toEqual({ n: 5 })
  }
})

it('bytes that the codec cannot read are dropped and loaded once more, then CORRUPT', async () => {
  const { nodes, keyOf } = fleetOf(2)
  let calls = 0
  const codec = {
    encode: (value: string) => bytes(value),
    decode: (value: Uint8Array): string => {
      if (text(value) === 'broken') throw new Error('what is this')
      return text(value)!
    },
  }
  const load = (key: string): string => (++calls > 1 && !key.includes('always') ? 'mended' : 'broken')
  const [a, b] = nodes.map(({ cache }) => cache.group('texts', { load, codec, maxBytes: 1000 }))
  expect(await a!.get(keyOf(0))).toBe('mended')
  expect(await a!.get(keyOf(0))).toBe('mended')
  expect(calls).toBe(2)
  calls = 0
  expect(await b!.get(keyOf(0, 1))).toBe('mended')
  calls = 0
  expect(await failure(a!.get('always'))).toMatchObject({
    code: 'CORRUPT',
    error: { cause: { message: 'what is this' } },
  })
})

it('peek looks into memory and nowhere else', async () => {
  const { group, keyOf } = fleetOf(2)
  const { load, calls } = origin()
  const [a, b] = group({ load, maxBytes: 1000 })
  expect(a!.peek(keyOf(0))).toBeUndefined()
  expect(calls).toEqual([])
  await a!.get(keyOf(0))
  expect(text(a!.peek(keyOf(0)))).toBe(`${keyOf(0)}#1`)
  expect(b!.peek(keyOf(0))).toBeUndefined()
})

it('a value that is a part of something larger does not keep that alive', async () => {
  const { nodes, group, keyOf } = fleetOf(2)
  const [, b] = group({ load: () => undefined, maxBytes: 1000 })
  const { service } = nodes[1]!.cache
  const value = new Uint8Array(100_000).subarray(10, 20)
  await service.set('users', bytes(keyOf(1)), { value, expiresAtMs: Number.POSITIVE_INFINITY, expireNs: 0n })
  const answer = await service.get('users', bytes(keyOf(1)))
  expect(answer).toMatchObject({ kind: 'value' })
  if (answer.kind === 'value') expect(answer.entry.value.buffer.byteLength).toBe(10)
  expect(b!.stats().main.items).toBe(1)
})
