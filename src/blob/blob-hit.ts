import { concatenate } from '../bytes/concatenate.ts'
import type { BlobMeta } from './blob-meta.ts'
import type { LoadedBlob, OpenBlob } from './blob-store.ts'
import { ageOf, type BlobAge } from './freshness.ts'
import { toHeaders } from './http-headers.ts'

/** A blob that a {@link BlobCache} found, and how it stands. */
export interface BlobHit extends BlobAge {
  /** The key that was asked for. */
  readonly key: string
  /** What is known of the blob beside its bytes. */
  readonly meta: BlobMeta
  /** The body in one piece. It is the caller's; every call gives the same array. */
  bytes(): Promise<Uint8Array<ArrayBuffer>>
  /** The body as a stream. A hit of `open` or `openOrFetch` has one only: read it or cancel it. */
  stream(): ReadableStream<Uint8Array>
  /** The body as UTF-8. */
  text(): Promise<string>
  /** What the body is as JSON; a SyntaxError if it is none. */
  json(): Promise<unknown>
  /** A `Response` of status 200 with the body and with content type, length, ETag and dates as headers. */
  response(): Response
}

/** How to tell the age of a hit. */
export interface HitContext {
  readonly ttlMs: number | undefined
  readonly nowMs: number
}

/** A hit whose body is in memory. */
export function loadedHit(key: string, { meta, bytes }: LoadedBlob, context: HitContext): BlobHit {
  const body = owned(bytes)
  return hitOf(key, meta, context, {
    bytes: async () => body,
    stream: () => new Blob([body]).stream(),
  })
}

/** A hit whose body is read when it is asked for. */
export function openHit(key: string, { meta, stream }: OpenBlob, context: HitContext): BlobHit {
  let body: Promise<Uint8Array<ArrayBuffer>> | undefined
  const bytes = (): Promise<Uint8Array<ArrayBuffer>> => {
    body ??= new Response(stream).arrayBuffer().then(buffer => new Uint8Array(buffer))
    return body
  }
  return hitOf(key, meta, context, { bytes, stream: () => stream })
}

function hitOf(
  key: string,
  meta: BlobMeta,
  { ttlMs, nowMs }: HitContext,
  body: Pick<BlobHit, 'bytes' | 'stream'>,
): BlobHit {
  const text = async (): Promise<string> => new TextDecoder().decode(await body.bytes())
  return {
    key,
    meta,
    ...ageOf(meta, ttlMs, nowMs),
    ...body,
    text,
    json: async () => JSON.parse(await text()),
    response: () => new Response(body.stream(), { status: 200, headers: toHeaders(meta) }),
  }
}

function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : concatenate([bytes])
}
