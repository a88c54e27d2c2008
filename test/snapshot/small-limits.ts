import { afterAll, beforeAll } from 'vitest'
import { inlineLimits } from '../../src/snapshot/commit.ts'

/** Makes every test of the file spill and merge deltas at sizes that keep it fast. */
export function useSmallLimits(): void {
  const before = { ...inlineLimits }
  beforeAll(() => {
    Object.assign(inlineLimits, { baseBytes: 300, deltaBytes: 500, headBytes: 1500, deltaSegments: 2 })
  })
  afterAll(() => {
    Object.assign(inlineLimits, before)
  })
}
