import { fork } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../../group/until.ts'
import { bundle } from '../../helpers/bundle.ts'
import { describeRedis } from '../../helpers/describe-redis.ts'
import { type RedisServer, startRedis } from '../../helpers/redis-server.ts'
import { modes, Scene } from '../proof/scene.ts'

/** COLDSNAP_SYNCED_KEYS=100000 for two minutes. */
const keyCount = Number(process.env['COLDSNAP_SYNCED_KEYS'] ?? 4_000)
const atOnce = 1_000

/** What the child holds. */
interface Held {
  readonly local: readonly (string | null)[]
  readonly clears: number
  readonly isReady: boolean
}

describeRedis('a crowd', () => {
  let server: RedisServer
  const warnings: string[] = []
  const rejections: unknown[] = []
  const warned = (warning: Error): unknown => warnings.push(warning.name)
  const rejected = (reason: unknown): unknown => rejections.push(reason)
  beforeAll(async () => {
    server = await startRedis({ args: ['--client-output-buffer-limit', 'pubsub 262144 131072 1'] })
    process.on('warning', warned)
    process.on('unhandledRejection', rejected)
  })
  afterAll(async () => {
    process.off('warning', warned)
    process.off('unhandledRejection', rejected)
    await server.stop()
  })

  it.each(modes)(
    `${keyCount} keys, ${atOnce} loads at once, all with one signal (%s)`,
    async mode => {
      await using scene = await Scene.on(server, mode)
      const maxBytes = 1_000_000
      // What is sent would be more than its own subscriber may owe.
      const cache = await scene.open<string>({ local: { maxBytes }, timeoutMs: 20_000, inlineBytes: 0 })
      const timersBefore = process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
      const { signal } = new AbortController()
      const loads = new Map<string, number>()
      const load = async ({ key }: { key: string }): Promise<string> => {
        loads.set(key, (loads.get(key) ?? 0) + 1)
        await new Promise(resolve => setImmediate(resolve))
        return `of ${key}`
      }
      for (let at = 0; at < keyCount; at += atOnce / 2) {
        const keys = Array.from({ length: atOnce / 2 }, (_, i) => `key ${at + i}`)
        const values = await Promise.all([...keys, ...keys].map(key => cache.getOrSet(key, load, { signal })))
        expect(values).toEqual([...keys, ...keys].map(key => `of ${key}`))
        expect(cache.stats().localBytes).toBeLessThanOrEqual(maxBytes)
      }
      expect([loads.size, Math.max(...loads.values())]).toEqual([keyCount, 1])
      expect(cache.stats()).toMatchObject({ loads: keyCount, remoteErrors: 0, problems: 0 })
      await cache.close()
      await until(() => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length <= timersBefore)
      expect([warnings, rejections]).toEqual([[], []])
    },
    60_000 + keyCount * 10,
  )

  it.each(modes)('a process that stood still while Redis cut it off ends with what Redis has (%s)', async mode => {
    await using scene = await Scene.on(server, mode)
    const prefix = mode === 'go' ? 'burst go:' : 'burst:'
    const child = fork(await bundle('test/synced/seams/burst-child.ts'), [server.url])
    try {
      await once(child, 'message')
      const keys = Array.from({ length: 100 }, (_, i) => `key ${i}`)
      const ask = async (): Promise<Held> => {
        child.send({ mode, keys })
        return (await once(child, 'message'))[0] as Held
      }
      // What this process itself owes of its own events is not what is tested.
      const writer = await scene.open<string>({ prefix, timeoutMs: 20_000 })
      const value = (n: number): string => `${n}`.padEnd(mode === 'go' ? 700 : 1_000, 'x')
      await writer.setMany(keys.map(key => [key, value(0)]))
      await until(async () => (await ask()).local.every(text => text === value(0)))
      const before = await ask()
      child.kill('SIGSTOP')
      let writes = 0
      for (let round = 1; round <= 200; round++) {
        await writer.setMany(keys.map(key => [key, value(round)]))
        writes += keys.length
      }
      await writer.delete('key 0')
      expect(writes).toBe(20_000)
      child.kill('SIGCONT')
      const fresh = await scene.open<string>({ prefix })
      const inRedis = await fresh.getMany(keys)
      expect(inRedis.get('key 1')).toBe(value(200))
      let held = await ask()
      await until(async () => {
        held = await ask()
        return held.isReady && held.clears > before.clears
      })
      for (const [i, key] of keys.entries()) {
        expect([undefined, null, inRedis.get(key)], key).toContain(held.local[i])
      }
    } finally {
      child.kill('SIGKILL')
    }
  })
})
