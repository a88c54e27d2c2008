import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { BlobCache } from '../../../src/blob/blob-cache.ts'
import type { BlobCacheOptions } from '../../../src/blob/blob-cache-options.ts'
import type { BlobProblem } from '../../../src/blob/blob-problem.ts'
import { DiskBlobStore, type DiskBlobStoreOptions } from '../../../src/blob/disk/disk-blob-store.ts'
import { FetchLeases } from '../../../src/blob/disk/fetch-leases.ts'
import { KeyClaims } from '../../../src/blob/disk/key-claims.ts'
import { realFileSystem } from '../../../src/store/file-io.ts'
import type { LeaseOrder } from '../../faults/blob-lease-worker.ts'
import { bundle } from '../../helpers/bundle.ts'
import { faultyFileSystem } from '../../store/faulty-file-system.ts'
import { scratch } from '../../store/scratch.ts'
import { litterIn } from './disk-handle.ts'

let file = ''
beforeAll(async () => {
  file = await bundle('test/faults/blob-lease-worker.ts')
})
const holders: ChildProcess[] = []
afterEach(() => {
  for (const holder of holders.splice(0)) holder.kill('SIGKILL')
})
afterAll(() => fs.rmSync(dirname(file), { recursive: true, force: true }))

const unflushed: DiskBlobStoreOptions = { durability: 'process' }

/** A directory, and the fetches that began in it. */
function makeScene(): { readonly dir: string; readonly log: string; fetches(): string[] } {
  const root = scratch()
  const log = join(root, 'fetches')
  const fetches = (): string[] => fs.readFileSync(log, 'utf8').trim().split('\n').sort()
  return { dir: join(root, 'blobs'), log, fetches }
}

/** A process that has begun to fetch `key` and never ends it. */
async function startHolder(scene: { dir: string; log: string }, key: string): Promise<ChildProcess> {
  const { dir, log } = scene
  const order: LeaseOrder = { dir, log, options: unflushed, keys: [key], hangs: true }
  const child = spawn(process.execPath, [file, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'inherit'] })
  holders.push(child)
  const ended = once(child, 'close').then(() => {
    throw new Error('The holder ended by itself')
  })
  ended.catch(() => undefined)
  await Promise.race([once(child.stdout!, 'data'), ended])
  return child
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'close')
  child.kill('SIGKILL')
  await gone
}

/** A cache with leases on the directory of `scene`, and when it has looked for the lease several times. */
async function openCache(
  dir: string,
  more: Partial<BlobCacheOptions> = {},
): Promise<{ store: DiskBlobStore; cache: BlobCache; problems: BlobProblem[]; waited: Promise<void> }> {
  let looks = 0
  let tell = (): void => undefined
  const waited = new Promise<void>(resolve => {
    tell = resolve
  })
  const io = faultyFileSystem((operation, [path]) => {
    if (operation === 'readdir' && String(path).endsWith('claims') && ++looks === 8) tell()
  })
  const problems: BlobProblem[] = []
  const onProblem = (problem: BlobProblem): void => void problems.push(problem)
  const store = await DiskBlobStore.open(dir, { ...unflushed, io })
  const cache = new BlobCache(store, { namespace: 'leased', lease: true, onProblem, ...more })
  return { store, cache, problems, waited }
}

it.each([unflushed, { ...unflushed, layout: 'diskblob' } as const])(
  'processes that ask for the same keys fetch each of them once, %j',
  async options => {
    const scene = makeScene()
    const keys = Array.from({ length: 10 }, (_, i) => `key ${i}`)
    const order: LeaseOrder = { dir: scene.dir, log: scene.log, options, keys, hangs: false }
    const run = async (order: LeaseOrder): Promise<{ found: string[]; problems: string[] }> => {
      const { stdout } = await promisify(execFile)(process.execPath, [file, JSON.stringify(order)])
      return JSON.parse(stdout.trim().split('\n').at(-1)!) as { found: string[]; problems: string[] }
    }
    // One goes the other way round, so that each waits for the other.
    const all = await Promise.all([run(order), run({ ...order, keys: keys.toReversed() }), run(order)])
    expect(all.map(({ problems }) => problems)).toEqual([[], [], []])
    expect(scene.fetches()).toEqual(keys)
    expect(all[1]!.found).toEqual(all[0]!.found.toReversed())
    expect(all[2]!.found).toEqual(all[0]!.found)
    expect(litterIn(scene.dir)).toEqual([])
  },
  60_000,
)

it('who waits for a process that is killed takes its place', async () => {
  const scene = makeScene()
  const holder = await startHolder(scene, 'key')
  const { store, cache, problems, waited } = await openCache(scene.dir)
  let fetched = 0
  const fetcher = (): string => `value ${++fetched}`
  const waiting = [cache.getOrFetch('key', fetcher), cache.getOrFetch('key', fetcher)]
  await waited
  // Neither other keys nor other calls have to wait.
  expect(await (await cache.getOrFetch('other', () => 'b'))?.text()).toBe('b')
  expect(await cache.get('key')).toBeUndefined()
  expect(fetched).toBe(0)
  await kill(holder)
  for (const hit of await Promise.all(waiting)) expect(await hit?.text()).toBe('value 1')
  expect([fetched, problems]).toEqual([1, []])
  expect(litterIn(scene.dir).filter(name => name.startsWith('claims'))).toEqual([])
  await store.close()
})

it('who waits may give up, and finds what somebody put meanwhile', async () => {
  const scene = makeScene()
  const holder = await startHolder(scene, 'key')
  const claims = litterIn(scene.dir)
  const { store, cache, waited } = await openCache(scene.dir)
  const never = (): never => expect.unreachable()
  const controller = new AbortController()
  const aborted = cache.getOrFetch('key', never, { signal: controller.signal })
  await waited
  controller.abort(new Error('Enough'))
  await expect(aborted).rejects.toMatchObject({ code: 'ABORTED', cause: controller.signal.reason as Error })
  // One that is closed while it waits gives up, too.
  const other = await openCache(scene.dir)
  const closed = other.cache.getOrFetch('key', never)
  const outcome = expect(closed).rejects.toMatchObject({ code: 'CLOSED' })
  await other.waited
  await other.store.close()
  await outcome
  const waiting = cache.getOrFetch('key', never)
  await cache.put('key', 'put by hand')
  await kill(holder)
  expect(await (await waiting)?.text()).toBe('put by hand')
  expect(claims).toHaveLength(1)
  expect(litterIn(scene.dir).filter(name => !claims.includes(name))).toEqual([])
  await store.close()
})

it('who waits for one that hangs fetches by itself in the end, and says so', async () => {
  const scene = makeScene()
  const holder = await startHolder(scene, 'key')
  const { store, cache, problems } = await openCache(scene.dir, { leaseWaitMs: 50 })
  expect(await (await cache.getOrFetch('key', () => 'value'))?.text()).toBe('value')
  expect(problems).toMatchObject([{ code: 'lease', namespace: 'leased', key: 'key', error: { code: 'TIMEOUT' } }])
  await kill(holder)
  await store.close()
})

it('a store that only reads has no leases, and its caches fetch without', async () => {
  const { dir } = makeScene()
  await using store = await DiskBlobStore.open(dir, { readOnly: true })
  const problems: BlobProblem[] = []
  const onProblem = (problem: BlobProblem): void => void problems.push(problem)
  const cache = new BlobCache(store, { namespace: 'leased', lease: true, onProblem })
  expect(await (await cache.getOrFetch('key', () => 'value'))?.text()).toBe('value')
  expect(problems).toMatchObject([
    { code: 'lease', error: { code: 'READ_ONLY' } },
    { code: 'put', error: { code: 'READ_ONLY' } },
  ])
})

it('a lease of a process that nobody can see counts while it is renewed', async () => {
  const root = scratch()
  const make = (): KeyClaims => new KeyClaims(realFileSystem, root, async () => undefined)
  // As of another container: what says where the number of the process is valid is another.
  const lease = await new FetchLeases(make()).take('6b', {})
  const [name = ''] = fs.readdirSync(root)
  const foreign = join(root, name.replace(/[0-9a-f]{12}$/, 'f'.repeat(12)))
  fs.renameSync(join(root, name), foreign)
  const waiting = { waitMs: 0 }
  await expect(new FetchLeases(make()).take('6b', waiting)).rejects.toMatchObject({ code: 'TIMEOUT' })
  fs.utimesSync(foreign, 0, 0)
  await (await new FetchLeases(make()).take('6b', waiting)).release()
  expect(fs.readdirSync(root)).toEqual([])
  await lease.release()
})

it('what is held is renewed, and not after it was given back', async () => {
  const root = scratch()
  const leases = new FetchLeases(new KeyClaims(realFileSystem, root, async () => undefined), 1)
  const lease = await leases.take('6b', {})
  const path = join(root, fs.readdirSync(root)[0]!)
  const isRenewed = async (): Promise<void> => {
    fs.utimesSync(path, 0, 0)
    for (let i = 0; i < 2000 && fs.statSync(path).mtimeMs === 0; i++) await new Promise(r => setTimeout(r, 1))
    expect(fs.statSync(path).mtimeMs).toBeGreaterThan(0)
  }
  await isRenewed()
  await isRenewed()
  await lease.release()
  expect(fs.readdirSync(root)).toEqual([])
  const other = await leases.take('6c', {})
  await leases.close()
  await other.release()
  expect(fs.readdirSync(root)).toEqual([])
})
