import { createClient } from 'redis'
import { expect } from 'vitest'
import type { SyncedCache } from '../../../src/synced/index.ts'
import { until } from '../../group/until.ts'
import type { RedisServer } from '../../helpers/redis-server.ts'
import { ended, type Scene } from '../proof/scene.ts'

/** The address of `server` for a user that has `rights` alone. */
export async function urlOfViewer(scene: Scene, server: RedisServer, rights: readonly string[]): Promise<string> {
  await scene.raw.sendCommand(['ACL', 'SETUSER', 'viewer', 'reset', 'on', '>secret', '~*', '&*', ...rights])
  return `redis://viewer:secret@127.0.0.1:${server.port}`
}

/** What a reader is held to by {@link expectSilence}. */
export interface Silence {
  readonly server: RedisServer
  readonly open: () => Promise<SyncedCache<string>>
  /** Tags that it may load a value with. */
  readonly tags?: readonly string[]
  /** A line of MONITOR that comes again and again by itself. */
  readonly beat: RegExp
  /** Commands that it must have sent. */
  readonly sent: readonly string[]
}

/** Asks a reader everything, and fails if it sends a command that writes or publishes, within scripts too. */
export async function expectSilence(scene: Scene, { server, open, tags, beat, sent }: Silence): Promise<void> {
  const seen: string[] = []
  const monitor = createClient({ url: server.url })
  monitor.on('error', () => undefined)
  await monitor.connect()
  try {
    await monitor.monitor(line => void seen.push(`${line}`))
    const reader = await open()
    const beats = (): number => seen.filter(line => beat.test(line)).length
    expect(await reader.getOrSet('key', () => 'loaded', { lease: true, ...(tags && { tags }) })).toBe('loaded')
    await reader.getMany(['a', 'b'])
    for (const change of [() => reader.set('key', 'x'), () => reader.delete('key'), () => reader.clear()]) {
      expect((await ended(change())).code).toBe('READ_ONLY')
    }
    const before = beats()
    await until(() => beats() >= before + 5)
    await reader.close()
    const names = new Set(seen.map(line => /"([^"]*)"/.exec(line)?.[1]?.toLowerCase() ?? ''))
    expect([...names]).toEqual(expect.arrayContaining([...sent]))
    expect(names).not.toContain('publish')
    for (const name of names) {
      const [info] = await scene.raw.commandInfo([name])
      expect([...(info?.flags ?? [])], name).not.toContain('write')
    }
    expect(await scene.raw.dbSize()).toBe(0)
  } finally {
    monitor.destroy()
  }
}
