import { checkMs } from './blob-cache-options.ts'
import type { BlobLeaseOptions } from './blob-store.ts'

/** How long `options` say to wait for a lease, in milliseconds; checked. */
export function leaseWait({ waitMs = Number.POSITIVE_INFINITY }: BlobLeaseOptions): number {
  checkMs('waitMs', waitMs)
  if (waitMs < 0) throw new RangeError(`Option waitMs must be at least 0, received ${waitMs}`)
  return waitMs
}
