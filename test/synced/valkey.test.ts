import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { until } from '../group/until.ts'
import { startRedis } from '../helpers/redis-server.ts'
import { modes, Scene } from './proof/scene.ts'

const program = 'valkey-server'
const isThere = spawnSync(program, ['--version']).status === 0
if (!isThere) process.stdout.write(`SyncedCache on Valkey, left out: ${program} is not on the PATH\n`)

describe.skipIf(!isThere)('SyncedCache on Valkey', () => {
  it.each(modes)('sets, loads, deletes and clears as on Redis (%s)', async mode => {
    const server = await startRedis({ program })
    try {
      await using scene = await Scene.on(server, mode)
      const [a, b] = [await scene.open<string>(), await scene.open<string>()]
      await a.set('key', 'one')
      await until(() => b.getLocal('key') === 'one')
      await b.delete('key')
      await until(() => a.getLocal('key') === undefined)
      expect(await a.get('key')).toBeUndefined()
      expect(await a.getOrSet('key', () => 'loaded', { lease: true, ttlMs: 60_000 })).toBe('loaded')
      expect(await b.get('key')).toBe('loaded')
      await a.clear()
      await until(() => b.getLocal('key') === undefined)
      expect(await b.getMany(['key', 'other'])).toEqual(new Map())
      if (mode === 'go') return
      await a.set('tagged', 'value', { tags: ['tag'] })
      await b.deleteByTag('tag')
      expect(await b.get('tagged')).toBeUndefined()
      await until(() => a.getLocal('tagged') === undefined)
      expect(await a.sweep()).toEqual({ removed: 2 })
    } finally {
      await server.stop()
    }
  })
})
