import { recordKind } from '../../netmap/plain-records.ts'
import { headOwner } from '../../snapshot/cache-names.ts'
import { listHeads, readHead } from '../../snapshot/read-heads.ts'
import { HeadProblem } from '../../snapshot/report.ts'
import { type BlobNamespace, listBlobNamespaces } from '../blob-namespaces.ts'
import { type CliAction, type CliCall, cliAction } from '../cli-command.ts'
import { type DirectoryKind, directoryKinds } from '../directory-kind.ts'
import { isGroupKey, listGroups, type StoredGroup } from '../group-records.ts'
import { keyRing } from '../key-ring.ts'
import { netmapName, recordSizes } from '../netmap-state.ts'
import { openBlobs } from '../open-blobs.ts'
import { findDirectory, type OpenStore, openStore } from '../open-store.ts'
import type { Paint } from '../paint.ts'
import { safeText } from '../safe-text.ts'
import { showAge, showBytes, showCount } from '../show-units.ts'
import { columnOf, sourceOf } from '../snapshot-state.ts'
import { textTable } from '../text-table.ts'

interface ListedGeneration {
  readonly generation: number
  /** `readable`, or the code of the problem that its head has. */
  readonly status: string
  readonly savedAt?: string
  readonly ageMs?: number
  readonly schemaVersion?: number
  readonly columns?: readonly string[]
  /** Size of all it names, in bytes; generations share segments. */
  readonly bytes?: number
  readonly sealed?: boolean
}

interface ListedCache {
  readonly name: string
  /** Newest first. */
  readonly generations: readonly ListedGeneration[]
}

interface Listing {
  readonly directory: string
  readonly kind: DirectoryKind
  readonly caches: readonly ListedCache[]
  /** Columns of a Tailscale directory. */
  readonly records: readonly { readonly name: string; readonly count: number; readonly bytes: number }[]
  readonly groups: readonly StoredGroup[]
  readonly blobs: readonly BlobNamespace[]
  /** Keys that belong to none of these. */
  readonly otherKeys: number
}

export const lsAction: CliAction = cliAction<Listing>({
  run: async call => ({ report: await list(call) }),
  show: showListing,
})

const nothing = { caches: [], records: [], groups: [], blobs: [], otherKeys: 0 }

async function list(call: CliCall): Promise<Listing> {
  const { io } = call
  const target = await findDirectory(call.args['dir']!, io)
  const about = { directory: target.path, kind: target.kind, ...nothing }
  if (target.kind === 'blobs' || target.kind === 'diskblob') {
    await using opened = await openBlobs(target, 'read', io)
    return { ...about, blobs: await listBlobNamespaces(opened, io.signal) }
  }
  await using opened = await openStore(target, 'read', io)
  if (opened.kind === 'tailscale') return { ...about, ...(await listNetmap(opened, call)) }
  return { ...about, ...(await listStore(opened, call)) }
}

async function listNetmap({ store }: OpenStore, { io }: CliCall): Promise<Partial<Listing>> {
  const sizes = await recordSizes(store, io.signal)
  let otherKeys = 0
  for await (const key of store.list('', { signal: io.signal })) if (recordKind(key) === undefined) otherKeys++
  return { records: [...sizes].map(([name, size]) => ({ name, ...size })), otherKeys }
}

async function listStore(opened: OpenStore, call: CliCall): Promise<Partial<Listing>> {
  const { signal } = call.io
  const cipher = (await keyRing(call))?.cipher
  const keys: string[] = []
  for await (const key of opened.store.list('', { signal })) keys.push(key)
  const names = new Set(keys.flatMap(key => headOwner(key) ?? []))
  const caches: ListedCache[] = []
  for (const name of names) caches.push({ name, generations: await listGenerations(opened, name, cipher, call) })
  const groups = await listGroups(opened.store, keys, signal)
  const blobs = await listBlobNamespaces({ kind: 'store', store: opened.store }, signal)
  const isOther = (key: string): boolean =>
    !key.startsWith('@blob/') &&
    ![...names].some(name => key.startsWith(`${name}/`)) &&
    !groups.some(({ name }) => isGroupKey(name, key))
  return { caches, groups, blobs, otherKeys: keys.filter(isOther).length }
}

async function listGenerations(
  { store }: OpenStore,
  name: string,
  cipher: Parameters<typeof sourceOf>[2]['cipher'],
  { io }: CliCall,
): Promise<ListedGeneration[]> {
  const source = sourceOf(store, name, { cipher })
  const generations: ListedGeneration[] = []
  for (const listed of await listHeads(source, io.signal)) {
    const { generation } = listed
    try {
      const head = await readHead(source, listed, io.signal)
      if (head === undefined) continue
      generations.push({
        generation,
        status: 'readable',
        savedAt: new Date(head.savedAtMs).toISOString(),
        ageMs: Math.max(0, io.now() - head.savedAtMs),
        schemaVersion: head.schemaVersion,
        columns: head.columns.map(column => column.name),
        bytes: head.columns.reduce((sum, column) => sum + columnOf(column).bytes, 0),
        sealed: head.keyId !== undefined,
      })
    } catch (error) {
      if (!(error instanceof HeadProblem)) throw error
      generations.push({ generation, status: error.problem.code })
    }
  }
  return generations
}

function* showListing({ directory, kind, ...found }: Listing, paint: Paint): Generator<string> {
  yield paint.bold(`${safeText(directory)}: ${directoryKinds[kind]}`)
  const right = [1, 3, 4, 5]
  if (found.caches.length > 0) {
    const header = ['CACHE', 'GENERATION', 'SAVED', 'AGE', 'COLUMNS', 'SIZE', '']
    yield* indented(textTable(header, found.caches.flatMap(generationRows), right))
  }
  if (found.records.length > 0) {
    const rows = found.records.map(({ name, count, bytes }) => [safeText(name), String(count), showBytes(bytes)])
    yield* indented(textTable([netmapName.toUpperCase(), 'RECORDS', 'SIZE'], rows, [1, 2]))
  }
  if (found.groups.length > 0) {
    const rows = found.groups.map(({ name, records }) => [safeText(name), String(records)])
    yield* indented(textTable(['GROUP', 'RECORDS'], rows, [1]))
  }
  if (found.blobs.length > 0) {
    const rows = found.blobs.map(({ namespace, count, bytes }) => [
      safeText(namespace),
      String(count),
      showBytes(bytes),
    ])
    yield* indented(textTable(['BLOBS', 'COUNT', 'SIZE'], rows, [1, 2]))
  }
  if (found.otherKeys > 0) yield `  ${showCount(found.otherKeys, 'other key')}`
  const isEmpty = [found.caches, found.records, found.groups, found.blobs].every(({ length }) => length === 0)
  if (isEmpty && found.otherKeys === 0) yield '  nothing is stored'
}

function generationRows({ name, generations }: ListedCache): string[][] {
  return generations.map((each, i) => [
    i === 0 ? safeText(name) : '',
    String(each.generation),
    each.savedAt ?? '',
    each.ageMs === undefined ? '' : showAge(each.ageMs),
    each.columns === undefined ? '' : String(each.columns.length),
    each.bytes === undefined ? '' : showBytes(each.bytes),
    each.status === 'readable' ? (each.sealed === true ? 'sealed' : '') : statusText(each.status),
  ])
}

function statusText(code: string): string {
  if (code === 'DECRYPT_FAILED') return 'sealed: see --key-file'
  return code === 'FORMAT_NEWER' ? 'of a newer version' : `damaged: ${code}`
}

function indented(lines: readonly string[]): string[] {
  return lines.map(line => `  ${line}`)
}
