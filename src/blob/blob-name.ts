import { isWellFormed, utf8Length } from '../bytes/utf8.ts'
import { CacheError } from '../errors.ts'

/** The longest namespace and the longest key of a blob, in bytes of UTF-8. */
export const maxBlobNameBytes = 1024

/** Throws unless `namespace` may be one; the rules are those of {@link checkBlobKey}. */
export function checkNamespace(namespace: string): void {
  checkName('Namespace', namespace)
}

/**
 * Throws `INVALID_KEY` unless `key` is 1 to 1,024 bytes of well-formed text without NUL that cannot pass for a way out of a
 * directory: not absolute, and no segment between `/` or `\` is `..`. Such keys are refused by every store, so that a
 * program which works on one works on another; all other keys are taken as they are.
 */
export function checkBlobKey(key: string): void {
  checkName('Key', key)
}

function checkName(what: string, name: string): void {
  if (typeof name !== 'string') throw new TypeError(`${what} of a blob must be a string, received ${typeof name}`)
  const problem = problemOf(name)
  if (problem !== undefined) throw new CacheError('INVALID_KEY', `${what} of a blob ${problem}`)
}

function problemOf(name: string): string | undefined {
  if (name === '') return 'must not be empty'
  if (!isWellFormed(name)) return 'holds a lone surrogate'
  if (name.length > maxBlobNameBytes / 3 && utf8Length(name) > maxBlobNameBytes) {
    return `is ${utf8Length(name)} bytes of UTF-8, the limit is ${maxBlobNameBytes}`
  }
  if (name.includes('\0')) return 'holds NUL'
  if (/^(?:[/\\]|[a-z]:\\)/i.test(name)) return 'must not be an absolute path'
  if (/(?:^|[/\\])\.\.(?:[/\\]|$)/.test(name)) return 'must not have a segment ".."'
  return undefined
}
