import { utf8Encode } from '../../bytes/utf8.ts'
import { keyFromBytes } from '../group-key.ts'
import { type Escaping, escapeSegment, unescapePath } from './escape.ts'

/** How the paths of a fleet are made. All of its nodes must have the same. */
export interface PathRules {
  /** What stands before the group; begins and ends with `/`. @default '/_groupcache/' */
  readonly basePath?: string | undefined
  /** `query` for fleets of golang/groupcache. @default 'path' */
  readonly escaping?: Escaping | undefined
}

export const defaultBasePath = '/_groupcache/'

/** Throws a RangeError unless `basePath` begins and ends with `/` and has only characters that need no escape. */
export function checkBasePath(basePath: string): void {
  if (typeof basePath !== 'string') throw new TypeError(`Option basePath must be a string, received ${typeof basePath}`)
  if (!/^\/(?:[\w\-.~$&+:=@]+\/)*$/.test(basePath) || /\/\.\.?\//.test(basePath)) {
    throw new RangeError(`Option basePath must begin and end with / and need no escaping, received ${basePath}`)
  }
}

/** The request target of a key: what stands on the request line, not to be normalised any more. */
export function targetOf(rules: PathRules, group: string, key: Uint8Array): string {
  const segment = escapeSegment(key, rules.escaping)
  // As they are they would be parts of the path, which Go's server redirects from; dots that are escaped it serves.
  const isDots = segment === '.' || segment === '..'
  return groupTarget(rules, group) + (isDots ? segment.replaceAll('.', '%2E') : segment)
}

/** The request target of an operation on a group, such as `_remove-keys/`. */
export function operationTarget(rules: PathRules, group: string, operation: string): string {
  return groupTarget(rules, group) + operation
}

function groupTarget({ basePath = defaultBasePath, escaping }: PathRules, group: string): string {
  return `${basePath}${escapeSegment(group, escaping)}/`
}

/** What a request target says: another part of the server, nothing that can be answered, or a group and a key. */
export type ParsedTarget =
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'key'; readonly group: string; readonly key: Uint8Array }

/**
 * Reads a request target as it stands on the request line. The path is unescaped as a whole and then parted at the
 * first `/` after the group, as in Go: a key may hold `/` escaped or not, a group neither. A query is ignored.
 */
export function parseTarget(target: string, { basePath = defaultBasePath, escaping }: PathRules = {}): ParsedTarget {
  // An absolute URL, `*` and an authority are for proxies.
  if (!target.startsWith('/')) return { kind: 'malformed' }
  const query = target.indexOf('?')
  const path = unescapePath(query < 0 ? target : target.slice(0, query), escaping)
  if (path === undefined) return { kind: 'malformed' }
  const base = utf8Encode(basePath)
  if (base.some((byte, i) => path[i] !== byte)) return { kind: 'elsewhere' }
  const end = path.indexOf(0x2f, base.byteLength)
  if (end < 0) return { kind: 'malformed' }
  return { kind: 'key', group: keyFromBytes(path.subarray(base.byteLength, end)), key: path.slice(end + 1) }
}
