/** Every {@link CodecName}. */
export const codecNames = ['auto', 'json', 'cbor'] as const

/**
 * How values become bytes. `json` and `cbor` refuse what they do not keep exactly; `auto` takes JSON where it is exact,
 * CBOR elsewhere, and column pages for many elements.
 */
export type CodecName = (typeof codecNames)[number]

/** The ids under which encoded bytes are stored. */
export const codecIds = { json: 1, cbor: 2, pages: 3 } as const

/** Under which id encoded bytes are stored: 1 is JSON, 2 CBOR, 3 column-major pages. */
export type CodecId = 1 | 2 | 3

/** Bytes and the codec that reads them. The bytes are the caller's. */
export interface Encoded {
  /** What reads the bytes. */
  readonly codec: CodecId
  /** What is stored. */
  readonly bytes: Uint8Array
}
