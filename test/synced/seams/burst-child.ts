// Holds a cache of each mode, and tells on request what they hold.
import { createClient } from 'redis'
import { SyncedCache } from '../../../src/synced/index.ts'

const [, , url = ''] = process.argv
const redis = createClient({ url })
const caches = {
  native: await SyncedCache.open<string>({ redis, prefix: 'burst:', heartbeatMs: 100 }),
  go: await SyncedCache.open<string>({ redis, prefix: 'burst go:', compat: 'go', heartbeatMs: 100 }),
}
process.on('message', ({ mode, keys }: { mode: 'native' | 'go'; keys: string[] }) => {
  const cache = caches[mode]
  process.send!({
    local: keys.map(key => cache.getLocal(key)),
    clears: cache.stats().clears.reconnect + cache.stats().gaps,
    isReady: cache.status === 'ready',
  })
})
process.send!('open')
