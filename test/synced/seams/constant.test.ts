import { expect, it } from 'vitest'
import { describeRedis, serverOfTests } from '../../helpers/describe-redis.ts'
import { Scene } from '../proof/scene.ts'

describeRedis('what is said to take the time of one', () => {
  const server = serverOfTests()

  it.each([
    ['clear', 'key 1'],
    ['deleteByTag', 'key 1'],
  ] as const)('%s is as many commands for 3,000 keys as for 3, and looks for none', async (way, key) => {
    const counts: string[] = []
    for (const size of [3, 3_000]) {
      await using scene = await Scene.on(server())
      const cache = await scene.open<number>({ heartbeatMs: 60_000, timeoutMs: 20_000 })
      await cache.setMany(
        Array.from({ length: size }, (_, i) => [`key ${i}`, i] as const),
        { tags: ['tag'] },
      )
      const commands = async (): Promise<Map<string, number>> => {
        const text = await scene.raw.info('commandstats')
        return new Map([...text.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name, n]) => [name!, Number(n)]))
      }
      const before = await commands()
      await (way === 'clear' ? cache.clear() : cache.deleteByTag('tag'))
      const after = await commands()
      const ran = [...after].map(([name, n]) => `${name} ${n - (before.get(name) ?? 0)}`)
      counts.push(
        ran
          .filter(line => !/^(info|script|eval|evalsha) | 0$/.test(line))
          .sort()
          .join(', '),
      )
      expect(await cache.get(key)).toBeUndefined()
    }
    expect(counts[1]).toBe(counts[0])
    expect(counts[0]).toMatch(/publish 1/)
    expect(counts[0]).not.toMatch(/\b(keys|scan|sscan|zscan|hscan|get|mget) /)
  })
})
