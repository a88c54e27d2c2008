import { utf8Encode, utf8Length } from '../bytes/utf8.ts'
import { Hasher } from './hasher.ts'

/** Where the blobs of one namespace lie in a `Store`. Beside them a store may hold anything that does not begin so. */
export interface StoredBlobKeys {
  /** Before the keys of blobs, whose keys follow as they are; so a listing is in their order. */
  readonly short: string
  /** Before the names of blobs whose keys are too long for that: the hex of their SHA-256 follows. */
  readonly long: string
  /** Before the chunks: `<id>/<index>` follows. */
  readonly chunks: string
  manifest(key: string): string
  chunk(id: string, index: number): string
  /** The id in the key of a chunk. */
  idOf(chunkKey: string): string
}

// A store takes keys of 1,024 bytes, a view of it under a prefix fewer: this leaves room for one of 500.
const maxShortBytes = 448

/** The keys of `namespace`. A namespace is named by its digest, so that none is the beginning of another. */
export function storedBlobKeys(namespace: string): StoredBlobKeys {
  const root = `@blob/${nameOf(namespace).slice(0, 32)}/`
  const short = `${root}k/`
  const long = `${root}l/`
  const chunks = `${root}c/`
  return {
    short,
    long,
    chunks,
    manifest: key => (utf8Length(key) > maxShortBytes ? long + nameOf(key) : short + key),
    chunk: (id, index) => `${chunks}${id}/${index.toString(16).padStart(8, '0')}`,
    idOf: chunkKey => chunkKey.slice(chunks.length).split('/')[0]!,
  }
}

function nameOf(text: string): string {
  const hasher = new Hasher()
  hasher.update(utf8Encode(text))
  return hasher.hex()
}
