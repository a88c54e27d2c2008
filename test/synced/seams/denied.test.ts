import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../../group/until.ts'
import { describeRedis } from '../../helpers/describe-redis.ts'
import { type RedisServer, startRedis } from '../../helpers/redis-server.ts'
import { ended, look, modes, Scene } from '../proof/scene.ts'

describeRedis('a Redis that denies', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  /** An address with a user of these rights. */
  const urlOf = async (scene: Scene, ...rules: string[]): Promise<string> => {
    await scene.raw.sendCommand(['ACL', 'SETUSER', 'app', 'reset', 'on', '>secret', '+@all', '~*', '&*', ...rules])
    return `redis://app:secret@127.0.0.1:${server.port}`
  }

  const denials = {
    'no PUBLISH': ['-publish'],
    'no SUBSCRIBE': ['-subscribe'],
    'no rights on channels': ['resetchannels'],
    'another password': ['resetpass', '>other'],
    'no scripts': ['-eval', '-evalsha'],
    'other keys': ['resetkeys', '~other:*'],
  }

  describe.each(modes)('(%s)', mode => {
    // Go's format needs neither scripts nor keys for its events.
    const atOpen = Object.entries(denials).slice(0, mode === 'go' ? 4 : 6)

    it.each(atOpen)('%s: open is NO_ACCESS, degraded tells it', async (_, rules) => {
      await using scene = await Scene.on(server, mode)
      const redis = scene.idleClient(await urlOf(scene, ...rules))
      expect((await ended(scene.open({ redis, timeoutMs: 5_000 }))).code).toBe('NO_ACCESS')
      const errors: Error[] = []
      const onError = (error: Error): unknown => errors.push(error)
      const degraded = await scene.open<number>({ redis, timeoutMs: 5_000, degraded: true, onError })
      expect(errors.filter(error => 'code' in error && error.code === 'NO_ACCESS').length).toBeGreaterThan(0)
      expect(degraded.status).not.toBe('ready')
      expect(await degraded.getOrSet('key', () => 1)).toBe(1)
    })

    it.each([['no writes', ['-@write']], ...Object.entries(denials).slice(4, mode === 'go' ? 5 : 4)] as const)(
      '%s: changes are NO_ACCESS and change nothing, what is loaded stays here',
      async (_, rules) => {
        await using scene = await Scene.on(server, mode)
        const other = await scene.open<string>()
        await other.set('key', 'old')
        const errors: Error[] = []
        const onError = (error: Error): unknown => errors.push(error)
        const a = await scene.open<string>({ redis: scene.idleClient(await urlOf(scene, ...rules)), onError })
        for (let i = 0; i < 5; i++) {
          for (const change of [() => a.set('key', 'new'), () => a.setMany([['key', 'new']]), () => a.delete('key')]) {
            expect((await ended(change())).code).toBe('NO_ACCESS')
          }
        }
        expect(await other.get('key')).toBe('old')
        expect(await (await scene.open<string>()).get('key')).toBe('old')
        let loads = 0
        for (let i = 0; i < 3; i++) expect(await a.getOrSet('loaded', () => `load ${++loads}`)).toBe('load 1')
        expect(errors.filter(error => 'code' in error && error.code === 'NO_ACCESS')).toHaveLength(1)
        await other.set('loaded', 'set')
        await until(() => a.getLocal('loaded') !== 'load 1')
      },
    )

    it('rights that are taken away while it runs are told, and nothing old is kept', async () => {
      await using scene = await Scene.on(server, mode)
      const errors: Error[] = []
      const other = await scene.open<string>()
      const redis = scene.idleClient(await urlOf(scene))
      const a = await scene.open<string>({ redis, heartbeatMs: 50, onError: error => errors.push(error) })
      await a.set('key', 'old')
      await scene.settle(other)
      await scene.raw.sendCommand(['ACL', 'SETUSER', 'app', '-publish'])
      const { code } = await ended(a.set('key', 'new'))
      expect(code).toBe(mode === 'go' ? 'none' : 'NO_ACCESS')
      await until(() => errors.length > 0)
      const fresh = await scene.open<string>()
      const inRedis = await fresh.get('key')
      // Go's format cannot tell the others.
      for (const cache of mode === 'go' ? [a] : [a, other])
        await until(async () => (await cache.get('key')) === inRedis)
      await scene.raw.sendCommand(['ACL', 'SETUSER', 'app', '+publish'])
      await until(async () => a.status === 'ready' && (await ended(a.set('key', 'newer'))).code === 'none')
      await scene.settle(other)
      expect(await other.get('key')).toBe('newer')
    })

    it('a replica: changes are READ_ONLY, reads and events go on', async () => {
      await using scene = await Scene.on(server, mode)
      await scene.raw.configSet('repl-diskless-sync-delay', '0')
      const master = await scene.open<string>()
      await master.set('key', 'value')
      const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', `${server.port}`] })
      try {
        const look2 = await scene.client(replica.url)
        await until(async () => (await look2.info('replication')).includes('master_link_status:up'))
        const a = await scene.open<string>({ url: replica.url })
        for (let i = 0; i < 10; i++) expect((await ended(a.set('key', 'new'))).code).toBe('READ_ONLY')
        for (let i = 0; i < 5; i++) expect((await ended(a.delete('key'))).code).toBe('READ_ONLY')
        expect(await a.get('key')).toBe('value')
        expect(await a.get('missing')).toBeUndefined()
        await master.set('key', 'next')
        await until(() => a.getLocal('key') === 'next')
        expect(await a.getOrSet('key', () => 'loaded')).toBe('next')
        expect(await a.getOrSet('other', () => 'loaded')).toBe('loaded')
        expect(await look(a, 'other')).toEqual({ value: 'loaded', isLocal: true })
        await master.set('other', 'set')
        await until(async () => (await a.get('other')) === 'set')
        await a.close()
      } finally {
        await replica.stop()
      }
    })
  })
})
