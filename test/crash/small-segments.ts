import { inlineLimits } from '../../src/snapshot/commit.ts'

/** Makes small states spill and merge deltas, as only large ones do otherwise. */
export function useSmallSegments(): void {
  Object.assign(inlineLimits, { baseBytes: 300, deltaBytes: 500, headBytes: 1500, deltaSegments: 2 })
}
