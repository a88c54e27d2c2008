import { isWellFormed, utf8Decode, utf8Encode } from '../../bytes/utf8.ts'
import { CacheError } from '../../errors.ts'
import { keyFromBytes } from '../group-key.ts'

// The JSON of Go's encoding/json: docs/PROTOCOL.md, "Removing many keys".

const escapedByGo = /[<>&\u2028\u2029]/g

/** The body that removes many keys; the keys must be UTF-8, see {@link isUtf8}. */
export function encodeRemoveKeys(group: string, keys: readonly Uint8Array[]): Uint8Array {
  const json = JSON.stringify({ group, keys: keys.map(utf8Decode) })
  return utf8Encode(json.replace(escapedByGo, each => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`))
}

/** Whether a key can stand in JSON; others are removed one by one. */
export function isUtf8(key: Uint8Array): boolean {
  return isWellFormed(keyFromBytes(key))
}

/**
 * The keys in a body that removes many, by Go's rules: names of fields in any case, unknown fields ignored, `null` for
 * what is empty, U+FFFD for what is not UTF-8. Throws `CORRUPT`.
 */
export function decodeRemoveKeys(bytes: Uint8Array): Uint8Array[] {
  const body = parse(bytes)
  if (body === null) return []
  if (typeof body !== 'object' || Array.isArray(body)) throw corrupt('wanted an object')
  let keys: Uint8Array[] = []
  for (const [name, value] of Object.entries(body)) {
    const field = fold(name)
    if (field === 'group' && value !== null && typeof value !== 'string') throw corrupt('group is not a string')
    if (field === 'keys') keys = keysOf(value)
  }
  return keys
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(wellFormed(keyFromBytes(bytes)))
  } catch {
    // The parser's own message shows a part of the body.
    throw corrupt('wanted JSON')
  }
}

function keysOf(value: unknown): Uint8Array[] {
  if (value === null) return []
  if (!Array.isArray(value)) throw corrupt('keys is not a list')
  return value.map((key: unknown) => {
    if (key === null) return new Uint8Array()
    if (typeof key !== 'string') throw corrupt('a key is not a string')
    return utf8Encode(key)
  })
}

// Go's folding: of all characters outside ASCII, only the long s and the Kelvin sign fold into it.
function fold(name: string): string {
  return name.toUpperCase().toLowerCase()
}

function wellFormed(text: string): string {
  return isWellFormed(text) ? text : text.replaceAll(/\p{Surrogate}/gu, '\ufffd')
}

function corrupt(problem: string): CacheError {
  return new CacheError('CORRUPT', `Cannot read the keys to remove: ${problem}`)
}
