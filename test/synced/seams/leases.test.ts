import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { until } from '../../group/until.ts'
import { bundle } from '../../helpers/bundle.ts'
import { describeRedis } from '../../helpers/describe-redis.ts'
import { type RedisServer, startRedis } from '../../helpers/redis-server.ts'
import { deferred } from '../fleet.ts'
import { type Mode, modes, patienceMs, prefix, Scene } from '../proof/scene.ts'

// A process that does not get to prolong it for two thirds of this, as on a busy machine, loses it.
const leaseMs = 5_000

describeRedis('a load for the whole fleet', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  it.each(['invalidate', 'deleteByTag'] as const)('is waited for, however often there is an event: %s', async way => {
    await using scene = await Scene.on(server)
    const [a, b] = [await scene.open<string>(), await scene.open<string>()]
    const patience = { leaseMs: 60_000, loadTimeoutMs: 30_000 }
    const gate = deferred<string>()
    const first = a.getOrSet('key', () => gate.promise, { lease: true, ...patience })
    await until(() => a.stats().loads === 1)
    const second = b.getOrSet('key', () => 'of b', { lease: true, ...patience })
    await until(() => b.stats().leaseWaits === 1)
    for (let i = 0; i < 600; i++) await (way === 'invalidate' ? a.invalidate('key') : a.deleteByTag(`tag ${i}`))
    await scene.settle(b)
    expect(b.stats().loads).toBe(0)
    gate.resolve('of a')
    expect([await first, await second]).toEqual(['of a', 'of a'])
  })

  /** A process that loads `key` under the lease. */
  async function holder(mode: Mode): Promise<ChildProcess> {
    const child = fork(await bundle('test/synced/seams/lease-child.ts'), [server.url, prefix, mode, `${leaseMs}`])
    onTestFinished(() => void child.kill('SIGKILL'))
    const [said] = await Promise.race([once(child, 'message'), once(child, 'exit')])
    expect(said).toBe('loading')
    return child
  }

  /** Resolves when the lease was prolonged. */
  async function prolonged(scene: Scene): Promise<void> {
    let lastMs = Number.POSITIVE_INFINITY
    await until(async () => {
      const keys = await scene.raw.keys('*')
      const times = await Promise.all(keys.map(key => scene.raw.pTTL(key)))
      const leftMs = Math.max(...times.filter(ms => ms <= leaseMs))
      const isLater = leftMs > lastMs
      lastMs = leftMs
      return isLater
    })
  }

  it.each(modes)('is taken over from a process that was killed, and not before (%s)', async mode => {
    await using scene = await Scene.on(server, mode)
    // Whoever cannot ask for the lease in time loads without it.
    const cache = await scene.open<string>({ timeoutMs: patienceMs })
    const child = await holder(mode)
    const call = cache.getOrSet('key', () => 'of the other', { lease: true, leaseMs })
    await until(() => cache.stats().leaseWaits === 1)
    await prolonged(scene)
    await prolonged(scene)
    expect(cache.stats().loads).toBe(0)
    child.kill('SIGKILL')
    expect(await call).toBe('of the other')
    expect(cache.stats().loads).toBe(1)
    expect(await (await scene.open<string>()).get('key')).toBe('of the other')
  })

  it.each(modes)('of a process that stood still is lost, and what it loads is not written (%s)', async mode => {
    await using scene = await Scene.on(server, mode)
    // Whoever cannot ask for the lease in time loads without it.
    const cache = await scene.open<string>({ timeoutMs: patienceMs })
    const child = await holder(mode)
    child.kill('SIGSTOP')
    const call = cache.getOrSet('key', () => 'of the other', { lease: true, leaseMs })
    expect(await call).toBe('of the other')
    child.kill('SIGCONT')
    const said = once(child, 'message')
    child.send('too late')
    expect(await said).toEqual([{ got: 'of the other' }, undefined])
    expect(await (await scene.open<string>()).get('key')).toBe('of the other')
    expect(cache.getLocal('key')).toBe('of the other')
  })
})
