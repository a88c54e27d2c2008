import { afterAll, beforeAll } from 'vitest'
import { inlineLimits } from '../../src/snapshot/commit.ts'
import { pagedFrom } from '../../src/snapshot/page-codec.ts'

/** Makes every test of the file spill and merge deltas, and write pages, at sizes that keep it fast. */
export function useSmallLimits(): void {
  const before = { ...inlineLimits }
  const pagedBefore = { ...pagedFrom }
  beforeAll(() => {
    Object.assign(inlineLimits, { baseBytes: 300, deltaBytes: 500, headBytes: 1500, deltaSegments: 2 })
    Object.assign(pagedFrom, { base: 12, delta: 4 })
  })
  afterAll(() => {
    Object.assign(inlineLimits, before)
    Object.assign(pagedFrom, pagedBefore)
  })
}
