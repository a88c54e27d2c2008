import { PerCache } from './per-cache.ts'
import type { Source } from './read-pieces.ts'

// The generation of the first commit that failed since the last one that did not.
const failures = new PerCache<number>()

/** Notes that a commit begins: until {@link noteCommitted}, it and those after it count as failed. */
export function noteCommit(source: Source, generation: number): void {
  if (failures.get(source) === undefined) failures.set(source, generation)
}

/** Notes that a commit succeeded: what is stored is what it says. */
export function noteCommitted(source: Source): void {
  failures.delete(source)
}

/**
 * Whether a stored snapshot may be of a commit of this process that failed: it is there, but nobody knows whether it
 * outlives a loss of power.
 */
export function isOfFailedCommit(source: Source, generation: number): boolean {
  const first = failures.get(source)
  return first !== undefined && generation >= first
}
