import { digest } from '../bytes/digest.ts'
import { toHex } from '../bytes/hex.ts'
import { isWellFormed, utf8Length } from '../bytes/utf8.ts'
import { checkGroupName, keyToBytes } from './group-key.ts'

/** The longest group name of which records are kept, in bytes of UTF-8: room is left for the rest and for a prefix. */
export const maxGroupNameBytes = 256

/** The longest key that is its record's name, in bytes of UTF-8: short enough for one plain file name. */
export const maxPlainKeyBytes = 64

/** The name of the index beside the records of a group. */
export const indexName = '!index'

/** Throws unless records of a group of this name can be kept. */
export function checkRecordGroup(group: string): void {
  checkGroupName(group)
  const byteLength = utf8Length(group)
  if (byteLength > maxGroupNameBytes) {
    throw new RangeError(
      `Group name is ${byteLength} bytes of UTF-8, the limit for a stored group is ${maxGroupNameBytes}`,
    )
  }
}

/** What stands before every name of a group's records in the store. */
export function recordPrefix(group: string): string {
  return `${group}/`
}

/**
 * The name of a key's record: the key itself after `=`, or after `#` the digest of its bytes where it is long or not UTF-8.
 * Two keys of one digest share a record, which then is that of one of them and a miss for the other. Throws `INVALID_KEY`.
 */
export function recordName(key: string): string {
  if (key.length <= maxPlainKeyBytes && utf8Length(key) <= maxPlainKeyBytes && isWellFormed(key)) return `=${key}`
  return `#${toHex(digest(keyToBytes(key)))}`
}

/** Whether `name`, found behind the prefix, is a record's: others may keep things there too. */
export function isRecordName(name: string): boolean {
  return name.startsWith('=') ? name.length > 1 : /^#[0-9a-f]{32}$/.test(name)
}
