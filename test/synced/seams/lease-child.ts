// Takes the lease of a key and loads until it is told what; then says what its caller got.
import { once } from 'node:events'
import { createClient } from 'redis'
import { SyncedCache } from '../../../src/synced/index.ts'
import type { Mode } from '../proof/scene.ts'

const [, , url = '', prefix = '', mode = 'native', leaseMs = ''] = process.argv
const compat = (mode as Mode) === 'go' ? { compat: 'go' as const } : {}
const cache = await SyncedCache.open<string>({ redis: createClient({ url }), prefix, ...compat })
const load = async (): Promise<string> => {
  process.send!('loading')
  const [value] = await once(process, 'message')
  return value as string
}
process.send!({ got: await cache.getOrSet('key', load, { lease: true, leaseMs: Number(leaseMs) }) })
await cache.close()
process.disconnect()
