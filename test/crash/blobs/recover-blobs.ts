import type { BlobStore } from '../../../src/blob/blob-store.ts'
import type { DiskBlobStore } from '../../../src/blob/disk/disk-blob-store.ts'
import { sidecarSuffix } from '../../../src/blob/disk/sidecar.ts'
import { keyFile } from '../../../src/store/key-file.ts'
import type { BlobDisk } from './blob-disk.ts'
import {
  type BlobConfig,
  type BlobId,
  blobIds,
  bodyOf,
  etagOf,
  fieldsOf,
  idOf,
  maxBodyBytes,
  piecesOf,
  type Tick,
  tickOf,
  tickOfMeta,
} from './blob-life.ts'
import { nowMs } from './blob-steps.ts'

/** What was found under each name: a blob, none, or something that never was. */
export type Found = ReadonlyMap<string, Tick | string | undefined>

/** What reading gave. */
export interface ReadBlobs {
  readonly found: Found
  /** Every answer: a put that was cut off may be completed by the look of another call. */
  readonly seen: readonly (readonly [id: string, tick: Tick | string | undefined])[]
}

/** What the process after a crash found, and how it fared. */
export interface BlobRecovery {
  /** Every answer, with the id it was about. */
  readonly seen: ReadBlobs['seen']
  /** What was damaged. */
  readonly problems: readonly string[]
  /** Why what it did next failed, or left garbage. */
  readonly failure: string | undefined
}

const namespaces = [...new Set(blobIds.map(({ namespace }) => namespace))]
// Of what is put after a crash; no life gets there.
const firstTick = 9000
const laterMs = nowMs + 1_000_000_000

/**
 * Starts again on `disk`: reads everything in every way; then puts, replaces or deletes as `choice` says, sweeps, and looks
 * for garbage and at the totals. `slack` is how many blobs the log may know of that are not there.
 */
export async function recoverBlobs(disk: BlobDisk, choice: number, slack: number): Promise<BlobRecovery> {
  const problems: { readonly error?: unknown }[] = []
  const described = (): string[] => problems.map(({ error }) => String(error))
  let seen: ReadBlobs['seen'] = []
  try {
    const store = await disk.process().open(() => laterMs, problems)
    const read = await readBlobs(store, choice)
    const { found } = read
    seen = read.seen
    const faults = described()
    const failure = (await listFault(store, found)) ?? (await writeAgain(disk, store, found, choice, slack))
    await store.close()
    return { seen, problems: faults, failure }
  } catch (error) {
    return { seen, problems: described(), failure: `recovery: ${String(error)}` }
  }
}

/** Every blob, verified. Each second one is read as a stream, as `choice` says which. */
export async function readBlobs(store: BlobStore, choice = 0): Promise<ReadBlobs> {
  const found = new Map<string, Tick | string | undefined>()
  const seen: (readonly [string, Tick | string | undefined])[] = []
  for (const [i, id] of blobIds.entries()) {
    const { namespace, key } = id
    const tick = await readBlob(store, id, (choice + i) % 2 === 0)
    const meta = await store.head!(namespace, key)
    const told = meta && tickOfMeta(meta)
    seen.push([idOf(id), tick], [idOf(id), told])
    const last = told === tick ? tick : await readBlob(store, id, false)
    found.set(idOf(id), last === told ? last : `after head gave ${told}, get gives ${last}`)
  }
  return { found, seen: [...seen, ...found] }
}

async function readBlob(
  store: BlobStore,
  { namespace, key }: BlobId,
  isStreamed: boolean,
): Promise<Tick | string | undefined> {
  if (!isStreamed) {
    const loaded = await store.get(namespace, key)
    return loaded && tickOf(loaded)
  }
  const opened = await store.open(namespace, key)
  const chunks: Uint8Array[] = []
  for await (const chunk of opened?.stream ?? []) chunks.push(chunk)
  return opened && tickOf({ meta: opened.meta, bytes: Buffer.concat(chunks) })
}

async function listFault(store: DiskBlobStore, found: Found): Promise<string | undefined> {
  for (const namespace of namespaces) {
    const ids = blobIds.filter(id => id.namespace === namespace && found.get(idOf(id)) !== undefined)
    const wanted = ids.map(id => `${id.key} ${found.get(idOf(id))}`).sort()
    const listed: string[] = []
    for await (const { key, meta } of store.list(namespace)) listed.push(`${key} ${tickOfMeta(meta)}`)
    if (listed.sort().join() !== wanted.join()) return `list shows ${listed.join()}, there are ${wanted.join()}`
  }
  return undefined
}

async function writeAgain(
  disk: BlobDisk,
  store: DiskBlobStore,
  found: Found,
  choice: number,
  slack: number,
): Promise<string | undefined> {
  const { config } = disk
  const id = blobIds[(choice >>> 2) % blobIds.length]!
  const { namespace, key } = id
  const before = found.get(idOf(id))
  let wanted: Tick | undefined = firstTick + (choice % 100)
  const fields = fieldsOf(wanted)
  const condition = typeof before === 'number' ? { ifMatch: etagOf(before) } : { ifNoneMatch: '*' as const }
  if (choice % 4 === 0) await store.put(namespace, key, bodyOf(wanted), fields)
  else if (choice % 4 === 1) await store.putStream(namespace, key, piecesOf(wanted), fields)
  else if (choice % 4 === 2) await store.put(namespace, key, bodyOf(wanted), { ...fields, ...condition })
  else {
    wanted = undefined
    const isDeleted = await store.delete(namespace, key)
    if (isDeleted !== (before !== undefined)) return `the next delete says ${isDeleted} of ${before}`
  }
  await store.sweep(namespace)
  const { found: after } = await readBlobs(store, choice + 1)
  if (after.get(idOf(id)) !== wanted) return `the next write of ${wanted} is read as ${after.get(idOf(id))}`
  const isLimited = config.maxBytes !== undefined || config.maxCount !== undefined
  for (const [other, tick] of after) {
    const mayBeGone = isLimited && tick === undefined
    if (other !== idOf(id) && tick !== found.get(other) && !mayBeGone) return `the next write made ${other} ${tick}`
  }
  const garbage = garbageOf(disk.paths(), after, config)
  if (garbage.length > 0) return `left in the directory: ${garbage.join(', ')}`
  return await totalsFault(store, after, config, wanted !== undefined, slack)
}

function garbageOf(paths: readonly string[], found: Found, { layout }: BlobConfig): string[] {
  const needed = new Set(['index', '.coldsnap/index'])
  for (const { namespace, key } of blobIds) {
    const isThere = found.get(idOf({ namespace, key })) !== undefined
    if (layout === 'native' && isThere) needed.add(`entries/${keyFile(namespace).name}/${keyFile(key).name}`)
    // One of the two alone may be what the other program is about to complete.
    if (layout === 'diskblob') needed.add(`${namespace}/${key}`).add(`${namespace}/${key}${sidecarSuffix}`)
  }
  return paths.filter(path => !needed.has(path))
}

async function totalsFault(
  store: DiskBlobStore,
  found: Found,
  { maxBytes = Number.POSITIVE_INFINITY, maxCount = Number.POSITIVE_INFINITY }: BlobConfig,
  hasPut: boolean,
  slack: number,
): Promise<string | undefined> {
  const blobs = [...found.values()].filter(tick => typeof tick === 'number')
  const bytes = blobs.reduce((sum, tick) => sum + bodyOf(tick).byteLength, 0)
  if (hasPut && (bytes > maxBytes || blobs.length > maxCount))
    return `over the limits: ${bytes} bytes in ${blobs.length}`
  const told = await store.describe()
  const isLimited = maxBytes + maxCount < Number.POSITIVE_INFINITY || maxBytes !== maxCount
  if (told.bytes === undefined || told.count === undefined) return isLimited && hasPut ? 'no totals' : undefined
  const isRight = told.bytes >= bytes && told.bytes <= bytes + slack * maxBodyBytes
  if (isRight && told.count >= blobs.length && told.count <= blobs.length + slack) return undefined
  return `the log tells of ${told.bytes} bytes in ${told.count}, there are ${bytes} in ${blobs.length}`
}
