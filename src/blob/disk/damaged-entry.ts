import { CacheError } from '../../errors.ts'

/** An entry that cannot be read as what was put. */
export class DamagedEntry extends CacheError {
  /** Of the damaged file, so that a whole one which took its place is not taken for it. */
  readonly ino: number | undefined

  constructor(problem: string, ino: number | undefined, cause?: unknown) {
    super('CORRUPT', `Cannot read a blob: ${problem}`, cause === undefined ? {} : { cause })
    this.ino = ino
  }
}
