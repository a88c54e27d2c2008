import { CacheError } from '../errors.ts'

/** The mode of directories that stores make. */
export const privateMode = 0o700

/** Whether a directory of this mode lets others in. */
export function isOpenToOthers(mode: number): boolean {
  return (mode & 0o077) !== 0
}

/** Whether a directory that lets others in is meant to, as the system's temporary directory is. */
export function isSharedOnPurpose(mode: number): boolean {
  return (mode & 0o1000) !== 0
}

/** Why a directory that many use is neither used nor made private. */
export function sharedDirectory(path: string, mode: number): CacheError {
  const shown = (mode & 0o7777).toString(8)
  return new CacheError('NO_ACCESS', `Cannot use ${path}: it is shared (mode ${shown}), wanted a directory of its own`)
}
