import type { BlobMeta } from '../blob/blob-meta.ts'
import type { BlobCallOptions, BlobRange, BlobStore, ListedBlob } from '../blob/blob-store.ts'
import type { Checks } from './assert.ts'
import { textOf } from './samples.ts'

export const ns = 'rules'

/** SHA-256 by Web Crypto: not by what the stores themselves use. */
export async function etagOf(bytes: Uint8Array): Promise<string> {
  const digest = await globalThis.crypto.subtle.digest('SHA-256', Uint8Array.from(bytes))
  return Array.from(new Uint8Array(digest), byte => byte.toString(16).padStart(2, '0')).join('')
}

/** The whole of a stream. */
export async function readAll(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

/** The body of a blob, or the part asked for, by open(). */
export async function openAll(
  store: BlobStore,
  key: string,
  options?: BlobCallOptions & BlobRange,
): Promise<Uint8Array | undefined> {
  const opened = await store.open(ns, key, options)
  return opened && (await readAll(opened.stream))
}

/** The text of a blob by get(), or the word absent. */
export async function textAt(store: BlobStore, key: string, namespace: string = ns): Promise<string> {
  return textOf((await store.get(namespace, key))?.bytes)
}

/** All of a listing. */
export async function listed(
  store: BlobStore,
  namespace: string = ns,
  options?: Parameters<BlobStore['list']>[1],
): Promise<ListedBlob[]> {
  const all: ListedBlob[] = []
  for await (const each of store.list(namespace, options)) all.push(each)
  return all
}

/** The keys of a listing. */
export async function blobKeys(store: BlobStore, namespace: string = ns, prefix?: string): Promise<string[]> {
  return (await listed(store, namespace, { prefix })).map(({ key }) => key)
}

/** `bytes` in pieces of these sizes, the last one repeated; each piece is spoilt as soon as the next is asked for. */
export async function* inPieces(bytes: Uint8Array, ...sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0
  for (let i = 0; at < bytes.byteLength; i++) {
    const end = at + (sizes[Math.min(i, sizes.length - 1)] ?? bytes.byteLength)
    const piece = bytes.slice(at, end)
    yield piece
    piece.fill(0xee)
    at = end
  }
}

/** A web stream of `chunks`, which takes the next only when the one before was taken. */
export function streamOfAll(chunks: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  const source: UnderlyingDefaultSource<Uint8Array> = {
    async pull(controller) {
      const { done, value } = await chunks.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: async () => void (await chunks.return(undefined)),
  }
  return new ReadableStream(source, { highWaterMark: 0 })
}

/** All of `meta` in one line, for comparing two. */
export function lineOf(meta: BlobMeta | undefined): string {
  if (meta === undefined) return 'absent'
  const { size, etag, contentType, updatedAt, expiresAt, metadata, sourceEtag } = meta
  return JSON.stringify([size, etag, contentType, +updatedAt, expiresAt && +expiresAt, metadata, sourceEtag])
}

/** Holds that what get(), open(), head() and list() give of a blob is one body with its etag and size; resolves to it. */
export async function proveWhole(store: BlobStore, check: Checks, key: string): Promise<Uint8Array> {
  const loaded = await store.get(ns, key)
  check.holds(`get(${key})`, loaded !== undefined, 'absent', 'a blob')
  const { meta, bytes } = loaded!
  check.same('size', meta.size, bytes.byteLength)
  check.same('etag', meta.etag, await etagOf(bytes))
  const opened = await store.open(ns, key)
  check.sameBytes('body of open()', opened && (await readAll(opened.stream)), bytes)
  check.same('meta of open()', lineOf(opened?.meta), lineOf(meta))
  if (store.head !== undefined) check.same('head()', lineOf(await store.head(ns, key)), lineOf(meta))
  const entry = (await listed(store)).find(each => each.key === key)
  check.same('meta of list()', lineOf(entry?.meta), lineOf(meta))
  return bytes
}

/** As `promise`, but fails after some seconds: a call that never ends must not stop the suite. */
export async function within<T>(what: string, promise: Promise<T>, waitMs = 4000): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not end in ${waitMs} ms`)), waitMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Waits for one round of the event loop: what could go on has done so. */
export async function turn(): Promise<void> {
  await new Promise<void>(resolve => setTimeout(resolve, 0))
}
