import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, type RedisServer, startRedis } from './redis-server.ts'

/** The name that {@link startSentinel}'s Sentinels give their master. */
export const masterName = 'mine'

/** Starts one Sentinel, alone a quorum, for the master at `masterPort`, which is down for it after `downAfterMs`. */
export async function startSentinel(masterPort: number, downAfterMs: number): Promise<RedisServer> {
  const dir = mkdtempSync(join(tmpdir(), 'coldsnap-sentinel-'))
  const config = join(dir, 'sentinel.conf')
  const rules = [
    `monitor ${masterName} 127.0.0.1 ${masterPort} 1`,
    `down-after-milliseconds ${masterName} ${downAfterMs}`,
    `failover-timeout ${masterName} 5000`,
  ]
  writeFileSync(config, rules.map(rule => `sentinel ${rule}\n`).join(''))
  const server = await startRedis({ port: await freePort(), sentinel: config })
  const stop = async (): Promise<void> => {
    await server.stop()
    rmSync(dir, { recursive: true, force: true })
  }
  return { ...server, stop }
}
