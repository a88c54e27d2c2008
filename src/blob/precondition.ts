import { CacheError } from '../errors.ts'
import type { BlobMeta } from './blob-meta.ts'
import type { BlobDeleteOptions, BlobPutOptions } from './blob-store.ts'

/** Throws `PRECONDITION_FAILED` unless what is there now, if anything, is what `options` of a put ask for. */
export function checkPrecondition(current: Pick<BlobMeta, 'etag'> | undefined, options: BlobPutOptions): void {
  const { ifMatch, ifNoneMatch } = options
  const found = current === undefined ? 'no blob' : `a blob of etag ${current.etag}`
  if (ifMatch !== undefined && current?.etag !== ifMatch) {
    throw new CacheError('PRECONDITION_FAILED', `Cannot put a blob: found ${found}, wanted one of etag ${ifMatch}`)
  }
  if (ifNoneMatch === undefined || current === undefined) return
  if (ifNoneMatch === '*' || ifNoneMatch === current.etag) {
    throw new CacheError('PRECONDITION_FAILED', `Cannot put a blob: found ${found}, wanted none such`)
  }
}

/** Whether `options` of a delete mean the blob that is there now. */
export function isMeant(current: Pick<BlobMeta, 'etag' | 'updatedAt'>, options: BlobDeleteOptions): boolean {
  const { ifMatch, ifUpdatedAt } = options
  if (ifMatch !== undefined && ifMatch !== current.etag) return false
  return ifUpdatedAt === undefined || ifUpdatedAt.getTime() === current.updatedAt.getTime()
}
