import { isCacheError } from '../errors.ts'
import { cancelBody } from './blob-body.ts'
import type { BlobCache } from './blob-cache.ts'
import type { BlobMeta } from './blob-meta.ts'
import { toHeaders } from './http-headers.ts'
import { type ByteRange, parseRange } from './http-range.ts'

/** Options of {@link blobHandler}. */
export interface BlobHandlerOptions {
  /** What comes before the key in the path of a URL; it ends with a slash. @default '/' */
  readonly basePath?: string | undefined
}

/**
 * A handler that serves the blobs of a cache for `GET` and `HEAD`: what is after `basePath` in the path, percent-decoded, is
 * the key. It answers single ranges (206, 416, `If-Range`) and conditions (304); stale blobs are served, with their `Age`.
 * Anything else than a blob is 404, also what could be no key; another method is 405. It never rejects but for a failing
 * store.
 *
 * Whatever was put is served with the content type it was put with: do not serve what strangers put from a site of yours.
 */
export function blobHandler(
  cache: BlobCache,
  options: BlobHandlerOptions = {},
): (request: Request) => Promise<Response> {
  const { basePath = '/' } = options
  if (typeof basePath !== 'string' || !basePath.startsWith('/') || !basePath.endsWith('/')) {
    throw new TypeError(`Option basePath must begin and end with a slash, received ${String(basePath)}`)
  }
  return async request => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return new Response(null, { status: 405, headers: { allow: 'GET, HEAD' } })
    }
    const key = keyOf(request.url, basePath)
    if (key === undefined) return new Response(null, { status: 404 })
    try {
      return await answer(cache, key, request)
    } catch (error) {
      if (isCacheError(error, 'INVALID_KEY')) return new Response(null, { status: 404 })
      throw error
    }
  }
}

async function answer(cache: BlobCache, key: string, request: Request): Promise<Response> {
  const { signal } = request
  const found = await cache.head(key, { signal })
  if (found === undefined) return new Response(null, { status: 404 })
  if (isUnchanged(request.headers, found)) return new Response(null, { status: 304, headers: bare(toHeaders(found)) })
  const range = request.method === 'GET' ? rangeOf(request.headers, found) : undefined
  if (range === 'none')
    return new Response(null, { status: 416, headers: { 'content-range': `bytes */${found.size}` } })
  if (request.method === 'HEAD') return new Response(null, { status: 200, headers: headersOf(found, undefined) })
  const hit = await cache.open(key, { ...range, signal })
  if (hit === undefined) return new Response(null, { status: 404 })
  if (hit.meta.etag !== found.etag) {
    // Replaced in between: the range may not be one of this blob.
    await cancelBody(hit.stream())
    return await answer(cache, key, request)
  }
  const headers = headersOf(hit.meta, range)
  headers.set('age', String(Math.max(0, Math.floor(hit.ageMs / 1000))))
  return new Response(hit.stream(), { status: range === undefined ? 200 : 206, headers })
}

// The URL is parsed by the platform: its path has no segments '..' left but encoded ones, which no key may have.
function keyOf(url: string, basePath: string): string | undefined {
  const { pathname } = new URL(url)
  if (!pathname.startsWith(basePath)) return undefined
  try {
    return decodeURIComponent(pathname.slice(basePath.length))
  } catch {
    return undefined
  }
}

function headersOf(meta: BlobMeta, range: ByteRange | undefined): Headers {
  const headers = toHeaders(meta)
  headers.set('accept-ranges', 'bytes')
  // A browser that guesses another type than the one that was put could be made to run what is no script.
  headers.set('x-content-type-options', 'nosniff')
  if (range !== undefined) {
    headers.set('content-length', String(range.end - range.start))
    headers.set('content-range', `bytes ${range.start}-${range.end - 1}/${meta.size}`)
  }
  return headers
}

function bare(headers: Headers): Headers {
  headers.delete('content-length')
  headers.delete('content-type')
  return headers
}

// RFC 9110, 13.2.2: If-None-Match, and If-Modified-Since only where that is missing.
function isUnchanged(headers: Headers, meta: BlobMeta): boolean {
  const ifNoneMatch = headers.get('if-none-match')
  if (ifNoneMatch !== null) {
    return ifNoneMatch.split(',').some(each => ['*', meta.etag].includes(each.trim().replace(/^(?:W\/)?"(.*)"$/, '$1')))
  }
  const sinceMs = Date.parse(headers.get('if-modified-since') ?? '')
  return !Number.isNaN(sinceMs) && wholeSeconds(meta.updatedAt) <= sinceMs
}

function rangeOf(headers: Headers, meta: BlobMeta): ByteRange | 'none' | undefined {
  const range = headers.get('range')
  if (range === null) return undefined
  const ifRange = headers.get('if-range')
  // A date is too coarse to tell two blobs apart that are to be joined.
  if (ifRange !== null && ifRange !== `"${meta.etag}"`) return undefined
  return parseRange(range, meta.size)
}

function wholeSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000) * 1000
}
