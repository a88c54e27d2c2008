import { systemCode } from '../../store/file-error.ts'

/** Whether a call of the file system failed because nothing is at the path: neither the name nor, maybe, what leads to it. */
export function isMissing(error: unknown): boolean {
  const code = systemCode(error)
  return code === 'ENOENT' || code === 'ENOTDIR'
}
