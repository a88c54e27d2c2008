import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisAddress } from '../../src/cli/redis-address.ts'
import { RedisStore } from '../../src/redis/redis-store.ts'
import { describeRedis, serverOfTests } from '../helpers/describe-redis.ts'
import { freePort } from '../helpers/redis-server.ts'
import { scratch } from '../store/scratch.ts'
import { reportOf, runCli } from './cli-run.ts'
import { makeSample, sampleCache, sampleState } from './sample-caches.ts'

describe('an address', () => {
  const address = (text: string, env = {}): ReturnType<typeof redisAddress> => redisAddress(text, { env })

  it('has everything a client needs, and a label without user and password', () => {
    expect(address('redis://ada:p%40ss%2F@db.example/3?prefix=a+b:%20')).toEqual({
      label: 'redis://db.example:6379/3?prefix=a+b:%20',
      servers: [{ host: 'db.example', port: 6379 }],
      isCluster: false,
      isTls: false,
      database: 3,
      username: 'ada',
      password: 'p@ss/',
      prefix: 'a+b: ',
    })
    expect(address('rediss://[::1]:7000?prefix=x')).toMatchObject({
      label: 'rediss://[::1]:7000/0?prefix=x',
      servers: [{ host: '::1', port: 7000 }],
      isTls: true,
      password: '',
    })
    expect(address('redis://a:p,q@db?prefix=x')).toMatchObject({
      servers: [{ host: 'db', port: 6379 }],
      password: 'p,q',
    })
    expect(address('redis://db?prefix=x', { REDISCLI_AUTH: 'secret' }).password).toBe('secret')
    expect(address('redis://:own@db?prefix=x', { REDISCLI_AUTH: 'secret' }).password).toBe('own')
  })

  it('of a cluster names some of its nodes', () => {
    expect(address('redis+cluster://ada:a,b@n2:7001,n1,[::1]:7000,n1:6379?prefix={a}')).toEqual({
      label: 'redis+cluster://[::1]:7000,n1:6379,n2:7001?prefix=%7Ba%7D',
      servers: [
        { host: 'n2', port: 7001 },
        { host: 'n1', port: 6379 },
        { host: '::1', port: 7000 },
        { host: 'n1', port: 6379 },
      ],
      isCluster: true,
      isTls: false,
      database: 0,
      username: 'ada',
      password: 'a,b',
      prefix: '{a}',
    })
    expect(address('rediss+cluster://db/0?prefix=x')).toMatchObject({ isCluster: true, isTls: true })
  })

  it('has a label that names the same place', () => {
    for (const prefix of ['a?b#c&d', 'ä {x}/', '%2F']) {
      const { label } = address(`redis://db?prefix=${encodeURIComponent(prefix)}`)
      expect(address(label)).toMatchObject({ label, prefix })
    }
  })

  it.each([
    'redis://:s3cret@db',
    'redis://:s3cret@db?prefix=',
    `redis://:s3cret@db?prefix=${'x'.repeat(201)}`,
    'redis://:s3cret@db?prefix=%',
    'redis://:s3cret@db?prefix=a&family=6',
    'redis://:s3cret@db?prefix=a#b',
    'redis://:s3cret@?prefix=a',
    'redis://:s3cret@db/x?prefix=a',
    'redis://:s3cret@db:99999?prefix=a',
    'redis://user:/s3cret@db?prefix=a',
    'redis://user:?s3cret@db?prefix=a',
    'redis:s3cret',
    'redis://:s3cret@a,b?prefix=a',
    'redis+cluster://:s3cret@a,b/1?prefix=a',
    'redis+cluster://:s3cret@a,,b?prefix=a',
    'redis+cluster://:s3cret@a:1:2,b?prefix=a',
    'redis+cluster://:s3cret@a:1,b@c?prefix=a b=',
    'redis+cluster:s3cret',
  ])('%s is refused, and no part of it is told', async text => {
    const { code, stdout, stderr } = await runCli(['ls', text], { env: { COLDSNAP_DEBUG: '1' } })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/redis:\/\//)
    expect(stderr).not.toContain('s3cret')
  })
})

describeRedis('Redis from the command line', () => {
  const server = serverOfTests({ args: ['--requirepass', 's3cret pass'] })
  const at = (prefix: string): string => `redis://:s3cret%20pass@127.0.0.1:${server().port}/1?prefix=${prefix}`
  let client: ReturnType<typeof createClient>

  beforeAll(async () => {
    client = createClient({ url: server().url, password: 's3cret pass', database: 1 })
    await client.connect()
  })
  afterAll(() => client.destroy())

  it.each(['file', 'level'] as const)('is copied to and from a %s store, and every command reads it', async kind => {
    const [from, back] = [scratch(), `${scratch()}/new`]
    await makeSample(from, kind, 500)
    const address = at(`${kind}:`)
    const copied = await reportOf<{ to: string }>(['copy', from, address])
    expect(copied).toMatchObject({ to: expect.stringMatching(/^redis:\/\/127/), copied: [{ name: 'app' }] })
    expect((await runCli(['copy', from, address])).code).toBe(9)
    expect((await runCli(['copy', from, address, '--replace'])).code).toBe(0)
    expect((await runCli(['copy', address, address])).code).toBe(2)
    expect((await runCli(['copy', address, `${kind}:${back}`])).code).toBe(0)
    expect((await runCli(['diff', from, back])).code).toBe(0)
    expect((await runCli(['diff', from, address])).code).toBe(0)
    expect(await reportOf(['ls', address])).toMatchObject({ kind: 'redis', caches: [{ name: 'app' }], otherKeys: 0 })
    expect((await runCli(['ls', address])).stdout).toContain(`:${server().port}/1?prefix=${kind}:`)
    expect(await reportOf(['show', address, 'app', 'peers', 'new'])).toMatchObject({ value: { name: 'new one' } })
    expect(await reportOf(['verify', address])).toMatchObject({ ok: true })
    expect((await runCli(['export', address, '-f', 'json'])).code).toBe(0)
  })

  it('is imported to, repaired, keeps blobs, and what has another prefix is left alone', async () => {
    const dir = scratch()
    await makeSample(dir)
    const exported = (await runCli(['export', dir])).stdout
    await client.set('other', 'kept')
    const address = at('some:')
    expect((await runCli(['import', address, 'app', '-'], { stdin: Buffer.from(exported) })).code).toBe(0)
    await client.set('some:app/@head/000000000009-0123456789abcdef', 'damaged')
    const names = async (): Promise<string[]> => (await client.keys('*')).sort()
    const before = await names()
    for (const command of ['ls', 'verify', 'export', 'repair']) await runCli([command, address])
    expect(await names()).toEqual(before)
    expect((await runCli(['verify', address])).code).toBe(1)
    expect((await runCli(['repair', address, '--yes'])).code).toBe(0)
    expect((await runCli(['verify', address])).code).toBe(0)
    expect((await runCli(['blob', 'put', address, 'docs', 'a', '-'], { stdin: Buffer.from('body') })).code).toBe(0)
    expect((await runCli(['blob', 'get', address, 'docs', 'a'])).stdout).toBe('body')
    expect(await reportOf(['ls', address])).toMatchObject({ blobs: [{ namespace: 'docs', count: 1 }] })
    expect(await client.get('other')).toBe('kept')
  })

  it('says who does not let it in, or is not there, and never the password', async () => {
    const port = await freePort()
    for (const [address, code, what] of [
      [`redis://:wr0ng@127.0.0.1:${server().port}?prefix=a`, 5, 'denied access'],
      [`redis://127.0.0.1:${server().port}?prefix=a`, 5, 'denied access'],
      [`redis://:wr0ng@127.0.0.1:${port}?prefix=a`, 7, 'is not available'],
    ] as const) {
      const { stdout, stderr, ...result } = await runCli(['ls', address], { env: { COLDSNAP_DEBUG: '1' } })
      expect([result.code, stdout]).toEqual([code, ''])
      expect(stderr).toContain(`Cannot open redis://127.0.0.1:`)
      expect(stderr).toContain(what)
      expect(stderr).not.toContain('wr0ng')
    }
    const env = { REDISCLI_AUTH: 's3cret pass' }
    expect((await runCli(['ls', `redis://127.0.0.1:${server().port}?prefix=a`], { env })).code).toBe(0)
  })

  it('has the bytes that an application reads', async () => {
    const dir = scratch()
    await makeSample(dir)
    await runCli(['copy', dir, at('shop:')])
    await using store = new RedisStore(client, { prefix: 'shop:' })
    const { peers } = sampleState()
    expect((await sampleCache(store).load())?.state.peers).toEqual([...peers.slice(1), { id: 'new', name: 'new one' }])
  })
})
