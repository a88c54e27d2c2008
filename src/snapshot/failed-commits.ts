import type { Source } from './read-pieces.ts'

// By store, then by prefix of the cache: the generation of the first commit that failed since the last one that did not.
const failures = new WeakMap<object, Map<string, number>>()

/** Notes that a commit begins: until {@link noteCommitted}, it and those after it count as failed. */
export function noteCommit({ store, keys }: Source, generation: number): void {
  const ofStore = failures.get(store)
  if (ofStore === undefined) failures.set(store, new Map([[keys.prefix, generation]]))
  else if (!ofStore.has(keys.prefix)) ofStore.set(keys.prefix, generation)
}

/** Notes that a commit succeeded: what is stored is what it says. */
export function noteCommitted({ store, keys }: Source): void {
  failures.get(store)?.delete(keys.prefix)
}

/**
 * Whether a stored snapshot may be of a commit of this process that failed: it is there, but nobody knows whether it
 * outlives a loss of power.
 */
export function isOfFailedCommit({ store, keys }: Source, generation: number): boolean {
  const first = failures.get(store)?.get(keys.prefix)
  return first !== undefined && generation >= first
}
