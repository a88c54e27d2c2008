// Closes caches in the middle of every call, prints how the calls ended, and ends by itself if nothing is left over.
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from 'redis'
import { SyncedCache, type SyncedOptions } from '../../../src/synced/index.ts'

const [, , url = ''] = process.argv
const warnings: string[] = []
process.on('warning', warning => warnings.push(warning.name))

const calls: Readonly<Record<string, (cache: SyncedCache<unknown>, mode: string) => Promise<unknown>>> = {
  get: cache => cache.get('key'),
  getMany: cache => cache.getMany(['key', 'other']),
  set: cache => cache.set('key', 'value'),
  setMany: cache => cache.setMany(Array.from({ length: 2000 }, (_, i) => [`key ${i}`, i])),
  delete: cache => cache.delete('key'),
  invalidate: cache => cache.invalidate('key'),
  deleteByTag: (cache, mode) => (mode === 'go' ? cache.get('key') : cache.deleteByTag('tag')),
  clear: cache => cache.clear(),
  sweep: cache => cache.sweep(),
  getOrSet: cache => cache.getOrSet('loaded', () => 'value'),
  'getOrSet that hangs': cache => cache.getOrSet('hangs', () => new Promise(() => {})),
  'getOrSet with a lease': cache =>
    cache.getOrSet('leased', ({ signal }) => sleep(60_000, 0, { signal }), { lease: true }),
  'getOrSet that waits for a lease': cache => cache.getOrSet('taken', () => 'value', { lease: true }),
  'two getOrSet of a key': cache =>
    Promise.all([cache.getOrSet('two', () => new Promise(() => {})), cache.getOrSet('two', () => 1)]),
}

const client = createClient({ url })
await client.connect()
const dead = createClient({ url: 'redis://127.0.0.1:1' })
dead.on('error', () => undefined)
const ends: Record<string, string> = {}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error)

async function closeAfter(name: string, cache: SyncedCache<unknown>, delayMs: number, mode: string): Promise<void> {
  const ended = calls[name]!(cache, mode).then(() => 'done', codeOf)
  if (delayMs > 0) await sleep(delayMs)
  await cache.close()
  const late = await calls[name]!(cache, mode).then(() => 'done', codeOf)
  ends[`${await ended}, then ${late}`] = name
}

for (const mode of ['native', 'go'] as const) {
  const options: SyncedOptions = { prefix: 'closing:', timeoutMs: 5000, ...(mode === 'go' ? { compat: mode } : {}) }
  const open = (more: SyncedOptions = {}): Promise<SyncedCache<unknown>> =>
    SyncedCache.open<unknown>({ redis: client, ...options, ...more })
  const holder = await open()
  const holding = holder.getOrSet('taken', () => new Promise(() => {}), { lease: true }).catch(codeOf)
  for (const delayMs of [0, 20]) {
    await Promise.all(Object.keys(calls).map(async name => await closeAfter(name, await open(), delayMs, mode)))
  }
  // Out of step, and without any server at all.
  const cut = await Promise.all(Object.keys(calls).map(() => open()))
  await client.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub'])
  await Promise.all(Object.keys(calls).map((name, i) => closeAfter(name, cut[i]!, 0, mode)))
  const apart = await Promise.all(Object.keys(calls).map(() => open({ redis: dead, degraded: true, timeoutMs: 200 })))
  await Promise.all(Object.keys(calls).map((name, i) => closeAfter(name, apart[i]!, 5, mode)))
  // A server that does not answer.
  const paused = await Promise.all(Object.keys(calls).map(() => open()))
  await client.sendCommand(['CLIENT', 'PAUSE', '500', 'ALL'])
  await Promise.all(Object.keys(calls).map((name, i) => closeAfter(name, paused[i]!, 5, mode)))
  await holder.close()
  ends[`holder: ${await holding}`] = 'getOrSet'
}
client.destroy()
process.stdout.write(JSON.stringify({ ends, warnings }))
