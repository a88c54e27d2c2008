import { utf8Length } from '../bytes/utf8.ts'
import { checkKey } from '../core/check.ts'
import { CacheError } from '../errors.ts'
import { maxKeyBytes } from '../store/store.ts'

/** Spells every key of a snapshot cache; docs/FORMAT.md section 2. Nothing else in the source writes a key by hand. */
export interface SnapshotKeys {
  /** Prefix of all keys of the cache. */
  readonly prefix: string
  /** Prefix of all heads; their order is the order of their generations. */
  readonly headPrefix: string
  /** Prefix of the marks of unconfirmed loads. */
  readonly tryPrefix: string
  head(id: Id): string
  /** The mark of the `count`th unconfirmed load of a head. */
  attempt(id: Id, count: number): string
  segment(column: string, id: Id, part: number): string
  /** What a key is, or `undefined` for a key that is not of this cache. */
  parse(key: string): ParsedKey | undefined
}

/** Names one write: the generation orders, the nonce makes it unique among writers. */
export interface Id {
  readonly generation: number
  /** 16 lower-case hex digits. */
  readonly nonce: string
}

export interface ParsedKey extends Id {
  readonly kind: 'head' | 'attempt' | 'segment'
}

/** Generations are counted to 2^48 - 1: one a millisecond for 8,900 years. */
export const maxGeneration: number = 2 ** 48 - 1

const idPattern = /^([0-9a-f]{12})-([0-9a-f]{16})$/
const partPattern = /^([0-9a-f]{12})-([0-9a-f]{16})(?:\.[1-9][0-9]{0,6})?$/
const columnPattern = /^(?:[A-Za-z0-9_.~!*'()-]|%[0-9A-F]{2})+$/

export function snapshotKeys(name: string): SnapshotKeys {
  const prefix = `${name}/`
  const headPrefix = `${prefix}@head/`
  const tryPrefix = `${prefix}@try/`
  // By column: every store and every load spells the keys of all its segments.
  const folders = new Map<string, { readonly text: string; readonly byteLength: number }>()
  const folderOf = (column: string): { readonly text: string; readonly byteLength: number } => {
    let folder = folders.get(column)
    if (folder === undefined) {
      const text = `${prefix}${columnText(column)}/`
      folder = { text, byteLength: utf8Length(text) }
      folders.set(column, folder)
    }
    return folder
  }
  return {
    prefix,
    headPrefix,
    tryPrefix,
    head: id => headPrefix + idText(id),
    attempt: (id, count) => `${tryPrefix}${idText(id)}.${count}`,
    segment(column, id, part) {
      const folder = folderOf(column)
      const rest = part === 0 ? idText(id) : `${idText(id)}.${part}`
      const key = folder.text + rest
      if (folder.byteLength + rest.length > maxKeyBytes) checkKey(key)
      return key
    },
    parse(key) {
      if (!key.startsWith(prefix)) return undefined
      const slash = key.indexOf('/', prefix.length)
      if (slash < 0) return undefined
      const folder = key.slice(prefix.length, slash)
      const rest = key.slice(slash + 1)
      const kind = folder === '@head' ? 'head' : folder === '@try' ? 'attempt' : 'segment'
      if (kind === 'segment' && !columnPattern.test(folder)) return undefined
      const match = (kind === 'head' ? idPattern : partPattern).exec(rest)
      if (match === null) return undefined
      return { kind, generation: Number.parseInt(match[1]!, 16), nonce: match[2]! }
    },
  }
}

function idText(id: Id): string {
  return `${id.generation.toString(16).padStart(12, '0')}-${id.nonce}`
}

// Percent-encoding leaves no '/' and no '@' in a column's name, so no column can pass for a head or for a nested cache.
function columnText(column: string): string {
  if (column === '') throw new CacheError('INVALID_KEY', 'The name of a column must not be empty')
  try {
    return encodeURIComponent(column)
  } catch (cause) {
    throw new CacheError('INVALID_KEY', 'The name of a column holds a lone surrogate', { cause })
  }
}
