import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { toHex } from '../../../src/bytes/hex.ts'
import { type RedisServer, startRedis } from '../../helpers/redis-server.ts'
import { memberOf, openMember, plainClient, put, textIn, valueFor } from './native-fleet.ts'

let server: RedisServer

beforeAll(async () => {
  server = await startRedis()
})
afterAll(async () => await server?.stop())
beforeEach(async () => {
  await (await plainClient(server.url)).flushAll()
})

describe('writing', () => {
  it('gives each change the next number, and tells it with its value', async () => {
    const [a, b] = await Promise.all([openMember(server.url), openMember(server.url)])
    expect(await put(a, 'x', 'one')).toBe(1)
    expect(await put(b, 'x', 'two')).toBe(2)
    await Promise.all([a.sink.until(({ calls }) => calls.length >= 4), b.sink.until(({ calls }) => calls.length >= 4)])
    expect(a.sink.entries.get('x')).toEqual(b.sink.entries.get('x'))
    expect(Buffer.from(a.sink.entries.get('x')!.body).toString()).toBe('two')
    expect(await textIn(a, 'x')).toBe('two')
    expect(a.sink.problems).toEqual([])
  })

  it('keeps any key and any body', async () => {
    const a = await openMember(server.url)
    const keys = ['\0', 'a\0b', '{x}', '\r\n', 'ключ', '😀', 'k'.repeat(1024)]
    const bodies = [new Uint8Array(), Uint8Array.from({ length: 256 }, (_, i) => i), new Uint8Array(100_000).fill(7)]
    for (const [i, key] of keys.entries()) {
      const body = bodies[i % bodies.length]!
      const [entry] = await a.level.write([[key, { ...valueFor(''), body, tags: ['\0', 'tag'] }]])
      const [read] = await a.level.read([key])
      const { body: found, ...rest } = read!.entry!
      expect({ ...rest, body }).toEqual(entry)
      expect(toHex(found) === toHex(body)).toBe(true)
      await a.sink.until(({ calls }) => calls.some(call => call.includes(`${key} ${entry!.version}`)))
    }
    expect(a.sink.problems).toEqual([])
  })

  it('writes many in batches over partitions, the last of equal keys winning, with one version each', async () => {
    const a = await openMember(server.url, { partitions: 16 })
    const b = await openMember(server.url, { partitions: 16 })
    const values = Array.from({ length: 1300 }, (_, i) => [`k${i % 1200}`, valueFor(`v${i}`)] as const)
    const entries = await a.level.write(values)
    expect(entries.map(({ body }) => body)).toEqual(values.map(([, { body }]) => body))
    const last = new Map(values)
    const reads = await b.level.read([...last.keys(), 'absent'])
    expect(reads.map(({ entry }) => entry?.body)).toEqual([...[...last.values()].map(({ body }) => body), undefined])
    await b.sink.until(
      sink => sink.entries.size === 1200 && sink.calls.filter(c => c.startsWith('set')).length === 1300,
    )
    for (const [key, { body }] of last) expect(b.sink.entries.get(key)?.body).toEqual(body)
    expect(b.sink.calls.slice(2).filter(call => !call.startsWith('set'))).toEqual([])
  })

  it('tells of a large value, or one that is not to be sent, only that it moved', async () => {
    const a = await openMember(server.url, { inlineBytes: 100 })
    await put(a, 'fits', 'x'.repeat(63))
    await put(a, 'large', 'x'.repeat(64))
    await put(a, 'quiet', 'x', { broadcast: 'key' })
    await a.sink.told('drop quiet 3')
    expect(a.sink.calls.slice(2).map(call => call.split(' ').slice(0, 3).join(' '))).toEqual([
      'set fits 1',
      'drop large 2',
      'drop quiet 3',
    ])
  })

  it.each([
    [undefined, 0, -1],
    [Number.POSITIVE_INFINITY, 5, -1],
    [1e300, 0, -1],
    [1e14, 1e300, -1],
    [60_000, 0, 60_000],
    [60_000.5, 40_000, 100_001],
    [1e14, 0, 1e14],
  ])('a value fresh for %s ms and stale for %s lives as long in Redis and here', async (ttlMs, staleMs, lifeMs) => {
    const a = await openMember(server.url)
    const before = Date.now()
    const [written] = await a.level.write([['x', valueFor('v', { ttlMs, staleMs })]])
    const client = await plainClient(server.url)
    const left = await client.pTTL('test:{test:0}vx')
    const entry = (await a.level.read(['x']))[0]!.entry
    if (lifeMs < 0) {
      expect(left).toBe(-1)
      expect(entry!.expiresAtMs).toBe(Number.POSITIVE_INFINITY)
      expect(written!.expiresAtMs).toBe(Number.POSITIVE_INFINITY)
    } else {
      expect(left).toBeLessThanOrEqual(lifeMs)
      expect(left).toBeGreaterThan(lifeMs - 5000)
      // Never later than it is in Redis.
      expect(entry!.expiresAtMs).toBeLessThanOrEqual(Date.now() + left)
      expect(entry!.expiresAtMs).toBeGreaterThan(before + lifeMs - 5000)
      expect(written!.freshUntilMs).toBeLessThanOrEqual(before + Math.ceil(ttlMs!) + 5000)
    }
  })

  it('goes on with numbers that a script would round, and begins anew where there is no room', async () => {
    const client = await plainClient(server.url)
    const a = await openMember(server.url)
    await put(a, 'x', 'one')
    await client.hSet('test:{test:0}m', 's', '9007199253999990')
    expect(await put(a, 'x', 'two')).toBe(9007199253999991)
    expect(await textIn(a, 'x')).toBe('two')
    expect(await client.hGet('test:{test:0}m', 's')).toBe('9007199253999991')
    await client.hSet('test:{test:0}m', 's', '9007199254740993')
    expect(await put(a, 'x', 'three')).toBe(1)
    await a.sink.told('reset epoch')
    await a.sink.until(sink => sink.isInStep)
    expect(await textIn(a, 'x')).toBe('three')
  })
})

describe('removing', () => {
  it('delete leaves a tombstone that refuses fills begun before, and takes those begun after', async () => {
    const a = await openMember(server.url)
    const b = await openMember(server.url)
    const [before] = await a.level.read(['x'])
    expect(await b.level.delete('x')).toBe(1)
    expect(await a.level.fill('x', { ...valueFor('old'), seen: before!.seen })).toBeUndefined()
    const [after] = await a.level.read(['x'])
    expect(after!.entry).toBeUndefined()
    const entry = await a.level.fill('x', { ...valueFor('new'), seen: after!.seen })
    expect(entry!.version).toBe(2)
    expect(await textIn(b, 'x')).toBe('new')
    await a.sink.told('drop x 1')
    expect(await a.level.fill('x', { ...valueFor('again'), seen: after!.seen })).toBeUndefined()
  })

  it('a tombstone goes by itself', async () => {
    const client = await plainClient(server.url)
    const a = await openMember(server.url, { tombstoneMs: 1234.5 })
    await a.level.delete('x')
    expect(await client.pTTL('test:{test:0}vx')).toBeGreaterThan(0)
    expect(await client.pTTL('test:{test:0}vx')).toBeLessThanOrEqual(1235)
  })

  it('a stale record can be filled over, unless it moved', async () => {
    const a = await openMember(server.url)
    await put(a, 'x', 'one', { ttlMs: 1, staleMs: 60_000 })
    const [read] = await a.level.read(['x'])
    expect(read!.entry).toBeDefined()
    await put(a, 'x', 'two')
    expect(await a.level.fill('x', { ...valueFor('late'), seen: read!.seen })).toBeUndefined()
    const [again] = await a.level.read(['x'])
    expect((await a.level.fill('x', { ...valueFor('three'), seen: again!.seen }))?.version).toBe(3)
    expect(await textIn(a, 'x')).toBe('three')
  })

  it('invalidate keeps the value in Redis', async () => {
    const a = await openMember(server.url)
    const b = await openMember(server.url)
    await put(a, 'x', 'one')
    expect(await a.level.invalidate('x')).toBe(2)
    await b.sink.told('drop x 2')
    expect(b.sink.entries.has('x')).toBe(false)
    expect(await textIn(b, 'x')).toBe('one')
  })

  it('a deleted tag makes what has it dead, and refuses fills that began before', async () => {
    const a = await openMember(server.url, { partitions: 3 })
    const b = await openMember(server.url, { partitions: 3 })
    const keys = Array.from({ length: 30 }, (_, i) => `k${i}`)
    await a.level.write(keys.map((key, i) => [key, valueFor('v', { tags: i % 2 ? ['odd', 'all'] : ['all'] })]))
    const [missed] = await b.level.read(['absent'])
    await b.level.deleteByTag('odd')
    const found = async (member: typeof a): Promise<string[]> => {
      const reads = await member.level.read(keys)
      return keys.filter((_, i) => reads[i]!.entry !== undefined)
    }
    const even = keys.filter((_, i) => i % 2 === 0)
    expect(await found(b)).toEqual(even)
    await a.sink.until(({ calls }) => calls.filter(call => call.startsWith('dropTag odd')).length === 3)
    expect(await found(a)).toEqual(even)
    expect([...a.sink.entries.keys()].sort()).toEqual([...even].sort())
    // One who comes later knows nothing of it.
    expect(await found(await openMember(server.url, { partitions: 3 }))).toEqual(even)
    expect(await b.level.fill('absent', { ...valueFor('v', { tags: ['odd'] }), seen: missed!.seen })).toBeUndefined()
    expect(await b.level.fill('absent', { ...valueFor('v', { tags: ['all'] }), seen: missed!.seen })).toBeDefined()
    await a.level.write([['k1', valueFor('new', { tags: ['odd'] })]])
    expect(await textIn(b, 'k1')).toBe('new')
  })

  it('clear makes all dead at once, for the one who clears before its event has come', async () => {
    const a = await openMember(server.url, { partitions: 4 })
    const b = await openMember(server.url, { partitions: 4 })
    const client = await plainClient(server.url)
    await client.set('foreign', 'stays')
    const keys = Array.from({ length: 20 }, (_, i) => `k${i}`)
    await a.level.write(keys.map(key => [key, valueFor('v', { tags: ['t'] })]))
    const [missed] = await b.level.read(['absent'])
    await a.level.clear()
    expect((await a.level.read(keys)).map(({ entry }) => entry)).toEqual(keys.map(() => undefined))
    await b.sink.until(({ calls }) => calls.filter(call => call === 'reset clear').length === 4)
    expect((await b.level.read(keys)).map(({ entry }) => entry)).toEqual(keys.map(() => undefined))
    expect(await b.level.fill('absent', { ...valueFor('v'), seen: missed!.seen })).toBeUndefined()
    expect(b.sink.calls.filter(call => call === 'reset gap' || call === 'reset epoch')).toEqual([])
    expect(await client.get('foreign')).toBe('stays')
    // The records are still there, and cost one more question at most.
    expect((await client.keys('test:*v*')).length).toBe(20)
    await put(a, 'k3', 'new')
    expect(await textIn(b, 'k3')).toBe('new')
    expect(await a.level.sweep()).toBe(19)
    expect((await client.keys('test:*v*')).length).toBe(1)
    expect(await client.get('foreign')).toBe('stays')
    expect(await a.level.sweep()).toBe(0)
  })

  it('sweep removes what a deleted tag left, and nothing else', async () => {
    const client = await plainClient(server.url)
    const a = await openMember(server.url, { prefix: 'a*[b]?\\^-:' })
    const start = 'a*[b]?\\^-:{a*[b]?\\^-:0}'
    await put(a, 'dead', 'v', { tags: ['other', 't'] })
    await put(a, 'kept', 'v', { tags: ['other'] })
    await a.level.deleteByTag('t')
    await put(a, 'later', 'v', { tags: ['t'] })
    await client.set(`${start}vforeign`, 'x'.repeat(100))
    await client.lPush(`${start}vlist`, 'x')
    await client.set('aXb-:{aXb-:0}vx', 'x')
    expect(await a.level.sweep()).toBe(1)
    expect((await client.keys('*v*')).sort()).toEqual(
      [...['foreign', 'kept', 'later', 'list'].map(key => `${start}v${key}`), 'aXb-:{aXb-:0}vx'].sort(),
    )
  })

  it('forgets deleted tags that no record can have any more', async () => {
    const client = await plainClient(server.url)
    const a = await openMember(server.url)
    await put(a, 'x', 'v', { ttlMs: 60_000, tags: ['t'] })
    for (let i = 0; i < 250; i++) await a.level.deleteByTag(`t${i}`)
    const noted = await client.zCard('test:{test:0}t')
    // By the clock of Redis: the mark is moved back instead of waiting.
    await client.hSet('test:{test:0}m', { mt: '1', ms: '200' })
    await a.level.deleteByTag('last')
    expect(await client.zCard('test:{test:0}t')).toBe(noted + 1 - 100)
    await a.level.deleteByTag('last')
    await a.level.deleteByTag('last')
    expect(await client.zCount('test:{test:0}t', '-inf', 200)).toBe(0)
    expect(Number(await client.hGet('test:{test:0}m', 'ms'))).toBeGreaterThan(200)
    await put(a, 'y', 'v', { tags: ['t'] })
    await client.hSet('test:{test:0}m', { mt: '1' })
    const before = await client.zCard('test:{test:0}t')
    await a.level.deleteByTag('one more')
    expect(await client.hGet('test:{test:0}m', 't')).toBe('inf')
    expect(await client.zCard('test:{test:0}t')).toBe(before + 1)
  })
})

describe('reading', () => {
  it('costs one GET while in step, and a script only for what is not known', async () => {
    const client = await plainClient(server.url)
    const a = await openMember(server.url, { heartbeatMs: 60_000 })
    await put(a, 'x', 'v', { tags: ['t'] })
    await a.level.deleteByTag('other')
    const b = await openMember(server.url, { heartbeatMs: 60_000 })
    await client.sendCommand(['CONFIG', 'RESETSTAT'])
    const count = async (name: string): Promise<number> => {
      const stats = await client.info('commandstats')
      return Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0)
    }
    await b.level.read(['absent'])
    expect(await count('evalsha')).toBe(0)
    // Its tags may have been deleted before this process came.
    expect(await textIn(b, 'x')).toBe('v')
    expect(await count('evalsha')).toBe(1)
    expect(await textIn(b, 'x')).toBe('v')
    expect(await count('evalsha')).toBe(1)
    await a.level.write([['y', valueFor('w', { tags: ['t', 'u'] })]])
    await b.sink.until(({ calls }) => calls.some(call => call.startsWith('set y')))
    const evals = await count('evalsha')
    expect(await textIn(b, 'y')).toBe('w')
    expect(await count('evalsha')).toBe(evals)
  })

  it('takes a damaged record for none, tells it, and fills over it', async () => {
    const client = await plainClient(server.url)
    const a = await openMember(server.url)
    await client.set('test:{test:0}vx', 'garbage')
    const [read] = await a.level.read(['x'])
    expect(read!.entry).toBeUndefined()
    expect(a.sink.problems).toMatchObject([{ code: 'CORRUPT' }])
    expect((await a.level.fill('x', { ...valueFor('v'), seen: read!.seen }))?.version).toBe(1)
    expect(await textIn(a, 'x')).toBe('v')
  })

  it('of nothing is nothing', async () => {
    const a = await openMember(server.url)
    expect(await a.level.read([])).toEqual([])
    expect(await a.level.write([])).toEqual([])
  })
})

describe('leases', () => {
  it('are held by one, until given up or expired', async () => {
    const client = await plainClient(server.url)
    const a = await openMember(server.url)
    const b = await openMember(server.url)
    const lease = await a.level.acquire('x', 5000)
    expect(await b.level.acquire('x', 5000)).toBeUndefined()
    expect(await a.level.renew(lease!, 50_000)).toBe(true)
    expect(await client.pTTL('test:{test:0}lx')).toBeGreaterThan(5000)
    expect(await b.level.renew({ key: 'x', token: 'other' }, 50_000)).toBe(false)
    await b.level.release({ key: 'x', token: 'other' })
    expect(await b.level.acquire('x', 5000)).toBeUndefined()
    await a.level.release(lease!)
    expect(await b.level.acquire('x', 0.5)).toBeDefined()
    while ((await client.exists('test:{test:0}lx')) === 1);
    expect(await a.level.acquire('x', 5000)).toBeDefined()
  })

  it('a fill by a lease that was lost does nothing; one by a lease that holds gives it up', async () => {
    const a = await openMember(server.url)
    const lease = await a.level.acquire('x', 5000)
    const [read] = await a.level.read(['x'])
    const fill = { ...valueFor('v'), seen: read!.seen }
    expect(await a.level.fill('x', { ...fill, lease: { key: 'x', token: 'lost' } })).toBeUndefined()
    expect(await a.level.fill('x', { ...fill, lease })).toBeDefined()
    expect(await a.level.renew(lease!, 5000)).toBe(false)
  })

  it('a delete takes the lease away', async () => {
    const a = await openMember(server.url)
    const lease = await a.level.acquire('x', 5000)
    await a.level.delete('x')
    expect(await a.level.renew(lease!, 5000)).toBe(false)
  })
})

describe('opening', () => {
  it('refuses another number of partitions, says which, and is closed', async () => {
    await openMember(server.url, { partitions: 4 })
    const other = memberOf(server.url, { partitions: 2 })
    await expect(other.level.open()).rejects.toThrow(
      new RangeError('Option partitions must be 4, as in the other processes with this prefix, received 2'),
    )
    expect(other.level.status).toBe('closed')
  })

  it('rejects at once where there is no Redis, and goes on trying', async () => {
    const gone = await startRedis()
    await gone.stop()
    const member = memberOf(gone.url)
    await expect(member.level.open()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(member.level.status).toBe('down')
  })

  it('caches of another prefix or database do not hear each other', async () => {
    const a = await openMember(server.url)
    const b = await openMember(`${server.url}/1`, { db: 1 })
    const c = await openMember(server.url, { prefix: 'test:t' })
    await put(a, 'x', 'a')
    await put(b, 'x', 'b')
    await put(c, 'x', 'c')
    expect(await Promise.all([a, b, c].map(each => textIn(each, 'x')))).toEqual(['a', 'b', 'c'])
    await Promise.all([a, b, c].map(each => each.sink.until(({ calls }) => calls.length === 3)))
  })

  it('ends', async () => {
    const a = await openMember(server.url)
    await a.level.close()
    await a.level.close()
    expect(a.level.status).toBe('closed')
    await expect(a.level.read(['x'])).rejects.toMatchObject({ code: 'CLOSED' })
  })
})
