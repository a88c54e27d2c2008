import { utf8Encode } from '../bytes/utf8.ts'
import { CacheError } from '../errors.ts'
import { type BlobSource, checkSource, chunksOf } from './blob-chunks.ts'
import type { BlobMeta } from './blob-meta.ts'
import type { BlobPutOptions, BlobStore } from './blob-store.ts'

/** What can be put: bytes, text (as UTF-8), a `Blob`, a stream of either kind, a `Response` with a body of its own. */
export type BlobBody = Uint8Array | ArrayBuffer | string | Blob | BlobSource | Response

/** A body in the two forms that a store takes, and the content type that it brings with it. */
export interface OpenBody {
  readonly body: Uint8Array | BlobSource
  readonly contentType: string | undefined
}

/** Makes `body` one that a store takes. Throws a TypeError if it is none. */
export function openBody(body: BlobBody): OpenBody {
  if (body instanceof Uint8Array) return { body, contentType: undefined }
  if (body instanceof ArrayBuffer) return { body: new Uint8Array(body), contentType: undefined }
  if (typeof body === 'string') return { body: utf8Encode(body), contentType: undefined }
  if (isResponse(body)) return openResponse(body)
  if (isBlob(body)) return { body: body.stream(), contentType: body.type === '' ? undefined : body.type }
  checkSource(body)
  return { body, contentType: undefined }
}

/** Puts an open body under a key. */
export async function putBody(
  store: BlobStore,
  namespace: string,
  key: string,
  { body, contentType }: OpenBody,
  options: BlobPutOptions,
): Promise<BlobMeta> {
  const all = contentType === undefined ? options : { ...options, contentType: options.contentType ?? contentType }
  if (body instanceof Uint8Array) return await store.put(namespace, key, body, all)
  return await store.putStream(namespace, key, body, all)
}

/** Tells whoever makes a body that nobody wants it. */
export async function cancelBody(body: unknown): Promise<void> {
  const stream = isResponse(body) ? body.body : body
  if (stream instanceof ReadableStream && !stream.locked) await stream.cancel().catch(() => undefined)
}

/** Whether `value` is a `Response`, of this realm or of a library's own. */
export function isResponse(value: unknown): value is Response {
  return (
    typeof value === 'object' && value !== null && 'status' in value && 'headers' in value && 'arrayBuffer' in value
  )
}

function openResponse(response: Response): OpenBody {
  if (response.bodyUsed) throw new TypeError('The body of the Response was read already')
  if (!response.ok) throw new CacheError('LOAD_FAILED', `Cannot put a response: found status ${response.status}`)
  const body = response.body ?? new Uint8Array(0)
  return { body: checkedLength(body, response), contentType: response.headers.get('content-type') ?? undefined }
}

// A connection that ends early must not pass for the end of the body. The length of a compressed body is another one.
function checkedLength(body: Uint8Array | BlobSource, { headers }: Response): Uint8Array | BlobSource {
  const length = headers.get('content-length')
  if (body instanceof Uint8Array || length === null || headers.has('content-encoding')) return body
  return counted(body, Number(length))
}

async function* counted(body: BlobSource, wanted: number): AsyncGenerator<Uint8Array> {
  let found = 0
  for await (const chunk of chunksOf(body)) {
    found += chunk.byteLength
    yield chunk
  }
  if (Number.isSafeInteger(wanted) && found !== wanted) {
    throw new CacheError('LOAD_FAILED', `Cannot read a response: found ${found} bytes, wanted ${wanted}`)
  }
}

function isBlob(value: object): value is Blob {
  return typeof Blob === 'function' && value instanceof Blob
}
