/// <reference types="node" />
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { BlobCache } from '../../blob/blob-cache.ts'
import type { BlobMeta } from '../../blob/blob-meta.ts'
import { CacheError } from '../../errors.ts'
import { fileError, systemCode } from '../../store/file-error.ts'
import { listBlobNamespaces } from '../blob-namespaces.ts'
import { type CliAction, type CliCall, cliAction, textOption } from '../cli-command.ts'
import { notFound, wrongUsage } from '../cli-failure.ts'
import { writeNewFile } from '../new-file.ts'
import { type OpenBlobs, openBlobs } from '../open-blobs.ts'
import { wholeNumber } from '../open-state.ts'
import { findDirectory, type StoreMode } from '../open-store.ts'
import { safeText } from '../safe-text.ts'
import { showAge, showBytes, showCount } from '../show-units.ts'
import { textTable } from '../text-table.ts'

interface ListedBlob extends Omit<BlobMeta, 'updatedAt' | 'expiresAt'> {
  readonly key: string
  readonly updatedAt: string
  readonly expiresAt: string | undefined
  readonly ageMs: number
}

export const blobLsAction: CliAction = cliAction<
  { readonly namespaces: Awaited<ReturnType<typeof listBlobNamespaces>> } | readonly ListedBlob[]
>({
  run: async call => ({ report: await list(call) }),
  show: showList,
})

export const blobGetAction: CliAction = cliAction<BlobMeta>({
  run: async call => ({ report: await get(call) }),
  show: showMeta,
})

export const blobPutAction: CliAction = cliAction<BlobMeta>({
  run: async call => ({ report: await put(call) }),
  show: showMeta,
})

export const blobCleanAction: CliAction = cliAction<{
  readonly removed: number
  readonly failed: number
  readonly kept: number
}>({
  run: async call => {
    const report = await clean(call)
    return { report, exit: report.failed === 0 ? 'ok' : 'io' }
  },
  *show({ removed, failed, kept }) {
    yield `${showCount(removed, 'blob')} removed, ${kept} kept${failed === 0 ? '' : `, ${failed} could not be removed`}`
  },
})

async function openFor({ io, args }: CliCall, mode: StoreMode): Promise<OpenBlobs> {
  const target = await findDirectory(args['dir']!, io, mode)
  // A new directory, or an empty one, becomes a blob directory.
  const isNew = mode === 'create' && target.kind === 'file' && (await isEmpty(target.path))
  return await openBlobs(isNew ? { ...target, kind: 'blobs' } : target, mode, io)
}

async function list(
  call: CliCall,
): Promise<{ namespaces: Awaited<ReturnType<typeof listBlobNamespaces>> } | ListedBlob[]> {
  const { io, args } = call
  await using opened = await openFor(call, 'read')
  const namespace = args['namespace']
  if (namespace === undefined) return { namespaces: await listBlobNamespaces(opened, io.signal) }
  const found: ListedBlob[] = []
  const prefix = textOption(call, 'prefix') ?? ''
  for await (const { key, meta } of opened.blobs.list(namespace, { prefix, signal: io.signal })) {
    const { updatedAt, expiresAt, ...rest } = meta
    const ageMs = Math.max(0, io.now() - updatedAt.getTime())
    found.push({ key, ...rest, updatedAt: updatedAt.toISOString(), expiresAt: expiresAt?.toISOString(), ageMs })
  }
  return found
}

function* showList(report: Awaited<ReturnType<typeof list>>): Generator<string> {
  if ('namespaces' in report) {
    const rows = report.namespaces.map(each => [safeText(each.namespace), String(each.count), showBytes(each.bytes)])
    yield* textTable(['NAMESPACE', 'COUNT', 'SIZE'], rows, [1, 2])
    return
  }
  const rows = report.map(each => [
    safeText(each.key),
    showBytes(each.size),
    showAge(each.ageMs),
    safeText(each.contentType),
  ])
  yield* textTable(['KEY', 'SIZE', 'AGE', 'TYPE'], rows, [1, 2])
}

async function get(call: CliCall): Promise<BlobMeta | undefined> {
  const { io, args } = call
  const { namespace, key } = args
  await using opened = await openFor(call, 'read')
  const blob = await opened.blobs.open(namespace!, key!, { signal: io.signal })
  if (blob === undefined) {
    const [problem] = opened.problems
    if (problem === undefined) return notFound(`There is no blob "${key}" in "${namespace}"`)
    throw new CacheError('CORRUPT', `Blob "${key}" is damaged`, { cause: problem.error, key })
  }
  const output = textOption(call, 'output')
  if (output === undefined) {
    for await (const chunk of blob.stream) await io.stdout.write(chunk)
    return undefined
  }
  await writeNewFile(resolve(io.cwd, output), withProgress(blob.stream, blob.meta.size, call))
  return blob.meta
}

async function put(call: CliCall): Promise<BlobMeta> {
  const { io, args } = call
  const { namespace, key, file } = args
  const expires = textOption(call, 'expires')
  const expiresMs = expires === undefined ? undefined : wholeNumber('Option --expires', expires, 0, 8.64e15 - io.now())
  const body = file === '-' ? io.stdin : await openBody(resolve(io.cwd, file!), call)
  await using opened = await openFor(call, 'create')
  return await opened.blobs.putStream(namespace!, key!, body, {
    contentType: textOption(call, 'type'),
    expiresAt: expiresMs === undefined ? undefined : new Date(io.now() + expiresMs),
    ...(call.options['ifAbsent'] === true ? { ifNoneMatch: '*' } : {}),
    signal: io.signal,
  })
}

async function isEmpty(path: string): Promise<boolean> {
  try {
    return (await readdir(path)).length === 0
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return true
    throw fileError(error, `Cannot list ${path}`)
  }
}

// Looked at before the store is opened: a file that is not there must leave no directory behind.
async function openBody(path: string, call: CliCall): Promise<AsyncIterable<Uint8Array>> {
  const named = (error: unknown): never => {
    throw fileError(error, `Cannot read ${path}`)
  }
  const found = await stat(path).catch(named)
  if (found.isDirectory()) return wrongUsage(`${path} is a directory`)
  const stream = createReadStream(path)
  await new Promise<void>((done, fail) => stream.once('open', () => done()).once('error', fail)).catch(named)
  return withProgress(stream, found.size, call)
}

async function* withProgress(
  stream: AsyncIterable<Uint8Array>,
  total: number,
  { progress }: CliCall,
): AsyncGenerator<Uint8Array> {
  let done = 0
  for await (const chunk of stream) {
    done += chunk.byteLength
    progress.show('bytes', done, total)
    yield chunk
  }
}

async function clean(call: CliCall): Promise<{ removed: number; failed: number; kept: number }> {
  const { io, args } = call
  const number = (option: string): number => wholeNumber(`Option --${option}`, textOption(call, option) ?? '0', 0)
  const [ttlMs, graceMs] = [number('ttl'), number('grace')]
  await using opened = await openFor(call, 'write')
  const found = args['namespace'] === undefined ? await listBlobNamespaces(opened, io.signal) : undefined
  const total = { removed: 0, failed: 0, kept: 0 }
  for (const namespace of found?.map(each => each.namespace) ?? [args['namespace']!]) {
    const cache = new BlobCache(opened.blobs, { namespace, ttlMs, graceMs, clock: io.now })
    const { removed, failed, kept } = await cache.cleanExpired({ signal: io.signal })
    total.removed += removed
    total.failed += failed
    total.kept += kept
  }
  return total
}

function* showMeta({ size, etag, contentType, updatedAt }: BlobMeta): Generator<string> {
  yield `${showBytes(size)}, ${safeText(contentType === '' ? 'no content type' : contentType)}, ${updatedAt.toISOString()}`
  yield `sha256 ${etag}`
}
