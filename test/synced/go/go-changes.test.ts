import { describe, expect, it } from 'vitest'
import { GoPod, remoteValue } from './go-pod.ts'
import { changed, messages, open, raw, rest, say, server } from './go-scene.ts'

describe('clear', () => {
  it.each(['a:', 'a*[x]?\\'])('removes what is behind %j and nothing else, without FLUSHDB and KEYS', async prefix => {
    const [pod, other, foreign] = [
      await open({ prefix }),
      await open({ prefix, id: 'b' }),
      await open({ prefix: 'b:' }),
    ]
    for (let i = 0; i < 2500; i++) await raw.set(`${prefix}${i}`, '1')
    await Promise.all([foreign.put('k', 1), raw.set('aXx', '1'), raw.set('a', '1'), other.get('1')])
    await raw.configResetStat()
    await pod.level.clear()
    expect((await raw.keys('*')).sort()).toEqual(['a', 'aXx', 'b:k'])
    await rest()
    expect([pod.local.size, other.local.size, foreign.local.size]).toEqual([0, 0, 1])
    const used = await raw.info('commandstats')
    expect(used).toContain('cmdstat_unlink')
    expect(used).not.toMatch(/cmdstat_flush/)
  })

  it('needs a prefix, or leave to do without', async () => {
    const pod = await open({ clearWithoutPrefix: false })
    await raw.set('k', '1')
    await expect(pod.level.clear()).rejects.toThrow(TypeError)
    expect(await raw.get('k')).toBe('1')
  })
})

describe('time to live', () => {
  it('is that of Redis, and never longer here', async () => {
    const [a, b] = [await open({ id: 'a' }), await open({ id: 'b' })]
    const before = Date.now()
    await a.put('k', 1, { ttlMs: 60_000 })
    await rest()
    expect(messages).toEqual(['{"key":"k","sender":"a","action":"invalidate"}'])
    expect(await b.get('k')).toBe(1)
    for (const { local } of [a, b]) {
      const { expiresAtMs } = local.get('k')!
      expect(expiresAtMs).toBeLessThanOrEqual(Number(await raw.pExpireTime('k')))
      expect(expiresAtMs).toBeGreaterThan(before + 50_000)
    }
    await a.put('k', 2)
    expect(await raw.pTTL('k')).toBe(-1)
  })

  it('large values are not sent', async () => {
    const pod = await open({ inlineBytes: 10 })
    await pod.put('k', '12345678')
    await pod.put('k', '123456789')
    await rest()
    expect(messages.map(message => JSON.parse(message).action)).toEqual(['set', 'invalidate'])
  })
})

describe('fill', () => {
  it.each([
    ['nothing happens', true, async () => undefined],
    ['another one sets it', false, async () => void (await raw.set('k', '2'))],
    [
      'another one sets and deletes it',
      false,
      async () => {
        await say({ key: 'k', action: 'delete' })
        await rest()
      },
    ],
    [
      'another one clears',
      false,
      async () => {
        await say({ key: '*', action: 'clear' })
        await rest()
      },
    ],
  ])('where %s meanwhile: %s', async (_, isFilled, meanwhile) => {
    const pod = await open()
    const load = async (): Promise<number> => {
      await meanwhile()
      return 1
    }
    expect(await pod.fill('k', load)).toBe(isFilled)
    await rest()
    expect(messages.filter(message => message.includes('pod-a')).length).toBe(Number(isFilled))
  })

  it('replaces what it saw, and only that', async () => {
    const pod = await open()
    await raw.set('k', 'not JSON')
    expect(await pod.fill('k', async () => 1)).toBe(true)
    expect(await pod.fill('k', async () => await raw.set('k', '3'))).toBe(false)
    expect(await pod.fill('k', async () => await raw.del('k'))).toBe(false)
  })

  it('under a lease needs it, and a write of the key takes it away', async () => {
    const [a, b] = [await open({ prefix: 'p:' }), await open({ prefix: 'p:', id: 'b' })]
    const lease = await a.level.acquire('k', 60_000)
    expect(await b.level.acquire('k', 60_000)).toBeUndefined()
    expect(await b.level.renew({ key: 'k', token: 'other' }, 1000)).toBe(false)
    expect(await a.level.renew(lease!, 120_000)).toBe(true)
    expect(await raw.pTTL('p:coldsnap:lease:k')).toBeGreaterThan(100_000)
    expect(await a.fill('k', async () => 1, { lease })).toBe(true)
    await b.remove('k')
    await rest()
    expect(await a.fill('k', async () => 2, { lease })).toBe(false)
    const next = await b.level.acquire('k', 60_000)
    await a.level.release(lease!)
    expect(await raw.get('p:coldsnap:lease:k')).toBe(next?.token)
    await b.level.release(next!)
    expect(await raw.exists('p:coldsnap:lease:k')).toBe(0)
  })
})

describe('what is refused', () => {
  it('tags, which the format does not have', async () => {
    const { level } = await open()
    await expect(level.deleteByTag()).rejects.toThrow(TypeError)
  })

  it('every change by a reader', async () => {
    const { level } = await open({ reader: true })
    const readOnly = expect.objectContaining({ code: 'READ_ONLY' })
    const fill = { ...remoteValue(1), seen: (await level.read(['k']))[0]!.seen }
    const changes = [
      level.write([['k', remoteValue(1)]]),
      level.fill('k', fill),
      level.delete('k'),
      level.invalidate('k'),
    ]
    const results = await Promise.allSettled([...changes, level.clear(), level.acquire('k', 1)])
    expect(results).toEqual(Array.from({ length: 6 }, () => ({ status: 'rejected', reason: readOnly })))
    await rest()
    expect(messages).toEqual([])
  })

  it('a cluster, and what Redis refuses', async () => {
    const { level, port } = await open()
    await raw.lPush('list', 'x')
    await expect(level.read(['k', 'list'])).rejects.toMatchObject({ code: 'IO', key: 'list' })
    expect(() => new GoPod(server.url, {}, () => changed(port, { isCluster: true }))).toThrow(TypeError)
  })
})

it('a write that fails leaves nothing of it here', async () => {
  const pod = await open()
  await pod.put('k', 'before')
  await raw.configSet('maxmemory', '1')
  await expect(pod.put('k', 'after', { broadcast: 'key' })).rejects.toThrow()
  await raw.configSet('maxmemory', '0')
  expect(await pod.get('k')).toBe('before')
  expect(pod.remoteReads).toBe(0)
  await pod.level.invalidate('k')
  await rest()
  expect(pod.local.size).toBe(0)
})
