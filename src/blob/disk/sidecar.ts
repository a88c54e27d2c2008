import { compareUtf8, utf8Encode } from '../../bytes/utf8.ts'
import { CacheError } from '../../errors.ts'
import { type BlobMeta, makeBlobMeta } from '../blob-meta.ts'
import { keepTimeText, keptTimeText } from '../kept-time-text.ts'
import { parseTime, timeText, zeroTimeText } from './exact-time.ts'

/** What the name of a sidecar adds to that of its data. */
export const sidecarSuffix = '.meta.json'

/**
 * The bytes of a sidecar, as Go's `json.MarshalIndent` with two spaces gives them: the fields in their order, names of
 * metadata sorted, `<`, `>`, `&` and the two line separators escaped, no newline at the end. `SourceETag`, which terraci's
 * program ignores, is there only if it was given.
 */
export function encodeSidecar(meta: BlobMeta): Uint8Array {
  const { size, updatedAt, expiresAt, etag, contentType, sourceEtag } = meta
  const fields = [
    `"Size": ${size}`,
    `"UpdatedAt": ${quote(checkedTime(updatedAt))}`,
    `"ExpiresAt": ${expiresAt === undefined ? 'null' : quote(checkedTime(expiresAt))}`,
    `"ETag": ${quote(etag)}`,
    `"ContentType": ${quote(contentType)}`,
    `"Metadata": ${metadataText(meta.metadata)}`,
    ...(sourceEtag === undefined ? [] : [`"SourceETag": ${quote(sourceEtag)}`]),
  ]
  return utf8Encode(`{\n  ${fields.join(',\n  ')}\n}`)
}

/** Reads a sidecar as Go does: unknown fields are ignored, names may have any case, missing ones are zero. Or `CORRUPT`. */
export function decodeSidecar(bytes: Uint8Array): BlobMeta {
  const fields = fieldsOf(bytes)
  const size = fields.get('size') ?? 0
  if (!isSize(size)) throw corrupt('Size is no length')
  const etag = textOf(fields, 'etag')
  // Which says nothing about the data, so they cannot be believed.
  if (!/^[0-9a-f]{64}$/.test(etag)) throw corrupt('ETag is no SHA-256')
  const updatedAt = timeOf(fields.get('updatedat') ?? zeroTimeText, 'UpdatedAt')
  const expires = fields.get('expiresat') ?? undefined
  const expiresAt = expires === undefined ? undefined : timeOf(expires, 'ExpiresAt')
  const sourceEtag = fields.get('sourceetag') === undefined ? undefined : textOf(fields, 'sourceetag')
  const given = { contentType: textOf(fields, 'contenttype'), expiresAt, metadata: metadataOf(fields), sourceEtag }
  const meta = makeBlobMeta(size, etag, updatedAt.getTime(), given)
  keepTimeText(meta.updatedAt, keptTimeText(updatedAt)!)
  return meta
}

function quote(text: string): string {
  const escapeUnit = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, escapeUnit)
}

// Go's format has four digits for the year.
function checkedTime(date: Date): string {
  const text = timeText(date)
  if (/^\d{4}-/.test(text)) return text
  throw new CacheError('UNSUPPORTED_VALUE', `Cannot write a time to a sidecar: found ${text}, wanted a year up to 9999`)
}

function metadataText(metadata: Readonly<Record<string, string>>): string {
  const names = Object.keys(metadata).sort(compareUtf8)
  // Go reads an empty map as none, and writes none as null.
  if (names.length === 0) return 'null'
  return `{\n    ${names.map(name => `${quote(name)}: ${quote(metadata[name]!)}`).join(',\n    ')}\n  }`
}

function fieldsOf(bytes: Uint8Array): Map<string, unknown> {
  let parsed: unknown
  try {
    // What is not UTF-8 becomes U+FFFD, as in Go.
    parsed = JSON.parse(new TextDecoder().decode(bytes))
  } catch (error) {
    throw new CacheError('CORRUPT', 'Cannot read a sidecar: it is not JSON', { cause: error })
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw corrupt('it is no object')
  const known = Object.entries(parsed).filter(([, value]) => value !== null)
  return new Map(known.map(([name, value]) => [name.toLowerCase(), value]))
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function textOf(fields: ReadonlyMap<string, unknown>, name: string): string {
  const text = fields.get(name) ?? ''
  if (typeof text !== 'string') throw corrupt(`${name} is no text`)
  return text
}

function timeOf(value: unknown, name: string): Date {
  const date = typeof value === 'string' ? parseTime(value) : undefined
  if (date === undefined) throw corrupt(`${name} is no time`)
  return date
}

function metadataOf(fields: ReadonlyMap<string, unknown>): Record<string, string> {
  const metadata = fields.get('metadata') ?? {}
  const isRecord = typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata)
  if (!isRecord || !Object.values(metadata).every(value => typeof value === 'string')) {
    throw corrupt('Metadata is no map of texts')
  }
  return metadata as Record<string, string>
}

function corrupt(problem: string): CacheError {
  return new CacheError('CORRUPT', `Cannot read a sidecar: ${problem}`)
}
