import type { BlobRange } from './blob-store.ts'

/** Where a range lies in a body of `size` bytes: what is beyond is cut off. Throws what {@link BlobRange} says. */
export function resolveRange(range: BlobRange, size: number): { readonly start: number; readonly end: number } {
  const { start = 0, end = Math.max(size, start) } = range
  for (const [name, value] of Object.entries({ start, end })) {
    if (typeof value !== 'number') throw new TypeError(`Option ${name} must be a number, received ${typeof value}`)
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`Option ${name} must be an integer of at least 0, received ${value}`)
    }
  }
  if (end < start) throw new RangeError(`Option end must be at least start, received ${end} and ${start}`)
  return { start: Math.min(start, size), end: Math.min(end, size) }
}

/** Throws unless `range` could be one of some body: a wrong range is told also where there is no blob. */
export function checkRange(range: BlobRange): void {
  resolveRange(range, Number.MAX_SAFE_INTEGER)
}
