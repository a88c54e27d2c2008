/** What can be wrong with stored bytes, with the sentence the documentation shows for it. */
export const problemCodes = {
  CLOCK_SKEW: 'The snapshot was saved in the future by more than a minute; its age counts as 0.',
  COLUMN_MISSING: 'A column that was asked for is not in the snapshot.',
  DECODE_FAILED: 'The bytes are whole, but no value can be read from them.',
  DECRYPT_FAILED: 'No key that was given opens the bytes.',
  FORMAT_NEWER: 'The snapshot was written by a newer version of coldsnap.',
  GUARD_FAILED: 'The mark of an unconfirmed load could not be written.',
  HEAD_CORRUPT: 'A head is cut, changed or not a head.',
  MIGRATE_FAILED: '`migrate` threw.',
  POISONED: 'The snapshot was loaded too often without being confirmed.',
  SCHEMA_INVALID: 'A column does not fit its schema.',
  SCHEMA_VERSION: 'The snapshot has another schema version and there is no way to migrate it.',
  SEGMENT_CORRUPT: 'A segment is cut or changed.',
  SEGMENT_MISSING: 'A segment that a head names is gone.',
  TOO_STALE: 'The snapshot is older than `maxStaleMs`.',
} as const

/** One of {@link problemCodes}. */
export type ProblemCode = keyof typeof problemCodes

/** One thing that was wrong with what is stored. */
export interface Problem {
  /** What it is, see {@link problemCodes}. */
  readonly code: ProblemCode
  /** One line for a log; may change between versions. */
  readonly message: string
  /** The store key in question. */
  readonly key?: string
  /** The column in question. */
  readonly column?: string
  /** The generation of the head in question. */
  readonly generation?: number
  /** The error below it, where there is one. */
  readonly cause?: unknown
}

/** What a load met on its way. An empty list of problems is the normal case. */
export interface Report {
  /** In the order in which they were met. */
  readonly problems: readonly Problem[]
  /** Whether the newest head could not be used and an older one was. */
  readonly fallback: boolean
}

/** Thrown inside a read to give up one head; never leaves `src/snapshot`. */
export class HeadProblem extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.message)
    this.problem = problem
  }
}
