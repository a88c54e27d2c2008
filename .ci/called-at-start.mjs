// Prints which functions of the built package a start from files calls: where they begin, by file of `dist`, as JSON. They
// are those of this platform: where there is no /dev/shm, the lock calls others.
import { mkdtemp, rm } from 'node:fs/promises'
import { Session } from 'node:inspector/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { entries, keyed, SnapshotCache } from '../dist/index.js'
import { FileStore } from '../dist/store/file-store.js'

const dist = new URL('../dist/', import.meta.url).href
const directory = await mkdtemp(join(tmpdir(), 'coldsnap-start-'))
const session = new Session()
session.connect()
try {
  await withCache(cache => cache.store({ self: 'alice', users: { 1: 'alice' }, peers: [{ id: 'n1' }] }))
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
  await withCache(cache => cache.load({ columns: ['self'] }))
  const { result } = await session.post('Profiler.takePreciseCoverage')
  const ours = result.filter(({ url }) => url.startsWith(dist))
  const starts = ours.map(({ url, functions }) => [url.slice(dist.length), startsOf(functions)])
  console.log(JSON.stringify(Object.fromEntries(starts)))
} finally {
  await rm(directory, { recursive: true })
}

async function withCache(use) {
  const store = await FileStore.open(directory)
  const cache = new SnapshotCache(store, { columns: { peers: keyed('id'), users: entries() } })
  await use(cache)
  await cache.close()
  await store.close()
}

function startsOf(functions) {
  const called = functions.map(({ ranges }) => ranges[0]).filter(({ count }) => count > 0)
  return called.map(({ startOffset }) => startOffset)
}
