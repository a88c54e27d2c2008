import { compareUtf8, isWellFormed } from '../bytes/utf8.ts'
import { setOwn } from '../codec/set-own.ts'
import { CacheError } from '../errors.ts'
import { copyDate } from './kept-time-text.ts'

// Most blobs have none.
const noMetadata: Readonly<Record<string, string>> = Object.freeze({})

/** What is known of a blob beside its bytes. Frozen; the caller's to keep. */
export interface BlobMeta {
  /** Length of the body in bytes. */
  readonly size: number
  /** SHA-256 of the body in lower-case hex, without quotes. */
  readonly etag: string
  /** As given; the empty string where none was. */
  readonly contentType: string
  /** When the blob was put, by the clock of the store. */
  readonly updatedAt: Date
  /** When it stops being fresh, if it was given an expiry of its own. Stores keep it and never act on it. */
  readonly expiresAt: Date | undefined
  /** Names and values as given, in the order of their names' UTF-8 bytes. */
  readonly metadata: Readonly<Record<string, string>>
  /** The validator of where the body came from, for the next conditional request there; `getOrFetch` fills it. */
  readonly sourceEtag: string | undefined
}

/** What a caller says of a blob that he puts. */
export interface BlobFields {
  /** Media type of the body. @default '' */
  readonly contentType?: string | undefined
  /** When it stops being fresh. @default none of its own */
  readonly expiresAt?: Date | undefined
  /** Names and values of well-formed text. @default none */
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** The validator of where the body came from. @default none */
  readonly sourceEtag?: string | undefined
}

/**
 * The metadata of a blob, with copies of everything that could be changed. Stores make one for each answer: a `Date` can be
 * changed even in a frozen object.
 */
export function makeBlobMeta(size: number, etag: string, updatedAtMs: number, fields: BlobFields): BlobMeta {
  const { contentType = '', expiresAt, metadata = noMetadata, sourceEtag } = fields
  return Object.freeze({
    size,
    etag,
    contentType,
    updatedAt: new Date(updatedAtMs),
    expiresAt: expiresAt && copyDate(expiresAt),
    metadata: sortedCopy(metadata),
    sourceEtag,
  })
}

function sortedCopy(metadata: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const names = Object.keys(metadata)
  if (names.length === 0) return noMetadata
  const sorted: Record<string, string> = {}
  for (const name of names.sort(compareUtf8)) setOwn(sorted, name, metadata[name])
  return Object.freeze(sorted)
}

/** A copy of `meta` that shares nothing with it that could be changed. */
export function copyBlobMeta(meta: BlobMeta): BlobMeta {
  return makeBlobMeta(meta.size, meta.etag, meta.updatedAt.getTime(), meta)
}

/**
 * A private copy of what a caller says of a blob. Throws a TypeError for a wrong type, a RangeError for a `Date` without a
 * time, `UNSUPPORTED_VALUE` for text with a lone surrogate, which has no bytes in UTF-8.
 */
export function checkBlobFields(given: BlobFields): BlobFields {
  const { contentType, expiresAt, metadata, sourceEtag } = given
  for (const [name, value] of Object.entries({ contentType, sourceEtag })) {
    if (value !== undefined && typeof value !== 'string') {
      throw new TypeError(`Option ${name} must be a string, received ${typeof value}`)
    }
    if (value !== undefined) checkText(name, value)
  }
  if (expiresAt !== undefined) {
    if (!(expiresAt instanceof Date))
      throw new TypeError(`Option expiresAt must be a Date, received ${typeof expiresAt}`)
    if (Number.isNaN(expiresAt.getTime())) throw new RangeError('Option expiresAt is a Date without a time')
  }
  if (metadata !== undefined) checkMetadata(metadata)
  const { size: _size, etag: _etag, updatedAt: _updatedAt, ...fields } = makeBlobMeta(0, '', 0, given)
  return fields
}

function checkMetadata(metadata: Readonly<Record<string, string>>): void {
  if (typeof metadata !== 'object' || metadata === null) {
    throw new TypeError(`Option metadata must be an object, received ${metadata === null ? 'null' : typeof metadata}`)
  }
  for (const [name, value] of Object.entries(metadata)) {
    if (typeof value !== 'string') {
      throw new TypeError(`Option metadata must hold strings, received ${typeof value} under ${JSON.stringify(name)}`)
    }
    checkText('metadata', name)
    checkText('metadata', value)
  }
}

function checkText(option: string, text: string): void {
  if (!isWellFormed(text)) {
    throw new CacheError('UNSUPPORTED_VALUE', `Cannot keep option ${option} of a blob: it holds a lone surrogate`)
  }
}
