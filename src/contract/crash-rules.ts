/**
 * What a snapshot cache over a store survives: rule id to sentence, for {@link crashCases} and docs/stores.md. Ids are stable
 * within a major version; new rules get new numbers.
 */
export const crashRules = {
  C1: 'Killed after any operation of store(), a cache loads the state before or the new one, whole.',
  C2: 'Killed after any operation of patch() or update(), likewise, also where deltas spill or become a new base.',
  C3: 'Killed after any operation of clear(), a cache loads the state before or nothing.',
  C4: 'Killed after any operation of copySnapshot(), the target has the snapshot it had or the copy, whole.',
  C5: 'Killed after any operation of a release with another codec, compression or schema version, likewise.',
} as const

/** The id of a rule of {@link crashRules}. */
export type CrashRule = keyof typeof crashRules
