import { checkOptionNames } from '../core/check.ts'
import type { Store } from '../store/store.ts'
import type { Copied, CopyOptions } from './copy-options.ts'

/**
 * Copies the newest whole snapshot of a cache, or of every cache, from one store to another of any kind, and checks it
 * on both sides: all is decoded before it is copied, and read back and compared before the head makes it visible. The
 * source is not changed. Throws `ALREADY_EXISTS` if the target has a snapshot of the name, `CORRUPT` if none of the
 * source is whole, `NOTHING_CACHED` if there is none, `FORMAT_NEWER` if the target's is of a newer version.
 */
export async function copySnapshot(from: Store, to: Store, options: CopyOptions = {}): Promise<Copied[]> {
  checkOptionNames(options, ['name', 'replace', 'codec', 'signal', 'onProgress'])
  const { copyCaches } = await import('./copy-caches.ts')
  return await copyCaches(from, to, options)
}
