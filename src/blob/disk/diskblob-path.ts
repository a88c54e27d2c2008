import { utf8Length } from '../../bytes/utf8.ts'
import { CacheError } from '../../errors.ts'
import { sidecarSuffix } from './sidecar.ts'

/** Where a store keeps what is no entry: a name that no namespace can start with. */
export const workFolder = '.coldsnap'
// The name of a sidecar must fit as well.
const maxSegmentBytes = 255 - sidecarSuffix.length
// What the Go program calls its temporary files.
const tempPattern = /^blob-(?:meta-)?\d+$/
const windowsPattern = /[<>:"|?*]|[. ]$|^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i

/**
 * The path of a blob below the directory of the store, which is `<namespace>/<key>`. `INVALID_KEY` for every name that the
 * Go program would turn into another, or that would be the file of something else.
 */
export function diskblobPath(namespace: string, key: string, platform: string): string {
  const path = `${namespace}/${key}`
  const problem = problemOf(path, platform)
  if (problem !== undefined) {
    throw new CacheError('INVALID_KEY', `Cannot keep a blob under this name in layout diskblob: ${problem}`, { key })
  }
  return path
}

/** Whether a file of this path can be an entry. */
export function isDiskblobPath(path: string, platform: string): boolean {
  return problemOf(path, platform) === undefined
}

function problemOf(path: string, platform: string): string | undefined {
  if (path.includes('\\')) return 'it has a backslash'
  const segments = path.split('/')
  if (segments[0]?.toLowerCase() === workFolder) return `${workFolder} is reserved`
  for (const segment of segments) {
    if (segment === '' || segment === '.' || segment === '..') return 'a segment is empty or made of dots'
    if (segment.toLowerCase().endsWith(sidecarSuffix)) return `a segment ends with ${sidecarSuffix}`
    if (tempPattern.test(segment)) return 'a segment is named like a temporary file'
    if (segment.length > maxSegmentBytes / 3 && utf8Length(segment) > maxSegmentBytes) {
      return `a segment is longer than ${maxSegmentBytes} bytes`
    }
    if (platform === 'win32' && windowsPattern.test(segment)) return 'a segment is reserved on Windows'
  }
  return undefined
}
