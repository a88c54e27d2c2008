import { inlineLimits } from '../../src/snapshot/commit.ts'
import { pagedFrom } from '../../src/snapshot/page-codec.ts'

/**
 * Makes small states spill and merge deltas and be written in pages, as only large ones do otherwise. The function it
 * returns puts the limits back.
 */
export function useSmallSegments(): () => void {
  const [inlineBefore, pagedBefore] = [{ ...inlineLimits }, { ...pagedFrom }]
  Object.assign(inlineLimits, { baseBytes: 300, deltaBytes: 500, headBytes: 1500, deltaSegments: 2 })
  Object.assign(pagedFrom, { base: 12, delta: 4 })
  return () => {
    Object.assign(inlineLimits, inlineBefore)
    Object.assign(pagedFrom, pagedBefore)
  }
}
