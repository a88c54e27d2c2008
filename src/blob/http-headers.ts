import type { BlobMeta } from './blob-meta.ts'

/** The headers that say what a blob is: content type, length, ETag, when it was put, when it expires. */
export function toHeaders(meta: BlobMeta): Headers {
  const headers = new Headers({
    'content-type': contentTypeOf(meta),
    'content-length': String(meta.size),
    etag: `"${meta.etag}"`,
    'last-modified': meta.updatedAt.toUTCString(),
  })
  if (meta.expiresAt !== undefined) headers.set('expires', meta.expiresAt.toUTCString())
  return headers
}

// Whatever was put as content type: what no header may hold is not sent.
function contentTypeOf({ contentType }: BlobMeta): string {
  return /^[\t\x20-\x7e]+$/.test(contentType) ? contentType : 'application/octet-stream'
}
