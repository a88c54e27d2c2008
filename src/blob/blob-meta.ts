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
