import { beforeAll } from 'vitest'
import { useSmallSegments } from '../helpers/small-segments.ts'

/** Makes every test of the file spill and merge deltas, and write pages, at sizes that keep it fast. */
export function useSmallLimits(): void {
  // What a hook returns runs in the end.
  beforeAll(() => useSmallSegments())
}
