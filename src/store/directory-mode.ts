import { CacheError } from '../errors.ts'

/** The mode of directories that stores make. */
export const privateMode = 0o700

/**
 * The mode of a directory from which others are kept out: they lose their rights, its owner gains none. Throws `NO_ACCESS`
 * for one that lets others in on purpose, as the system's temporary directory does.
 */
export function withoutOthers(path: string, mode: number): number {
  const isOpenToOthers = (mode & 0o077) !== 0
  const isSharedOnPurpose = isOpenToOthers && (mode & 0o1000) !== 0
  if (!isSharedOnPurpose) return mode & 0o7700
  const shown = (mode & 0o7777).toString(8)
  throw new CacheError('NO_ACCESS', `Cannot use ${path}: it is shared (mode ${shown}), wanted a directory of its own`)
}
