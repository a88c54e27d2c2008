import type { Store } from '../../src/store/store.ts'
import type { Random } from './random.ts'

/**
 * What a crash leaves of the operations that were done. `killed`: all of them, the process alone is gone. `ordered`: any
 * prefix that holds what was made durable. `weak`: what was made durable, and of the rest any part in any order.
 */
export type CrashModel = 'killed' | 'ordered' | 'weak'

export const crashModels: readonly CrashModel[] = ['killed', 'ordered', 'weak']

/** What one crash left behind. */
export interface Image<M = Medium> {
  /** Equal for equal content of one recording, and the same in every run with the same seed. */
  readonly id: string
  /**
   * A medium that holds it, all of it durable, with nothing recorded yet. Without `random`, calls at the same time end in
   * their order.
   */
  boot(random?: Random): M
}

/** One way in which a crash can end. */
export interface CrashState<M = Medium> {
  readonly model: CrashModel
  readonly image: Image<M>
  /** What was acknowledged when this many operations were done must be there. */
  readonly from: number
  /** What was begun when this many were done may be there. */
  readonly to: number
  /** Whether nothing at all may be left: the medium promised nothing. */
  readonly mayBeEmpty: boolean
}

/** Something that holds a store, records what is done to it, and can crash. */
export interface Medium {
  /** Whether a write of a store is there whole or not at all, as long as the medium keeps its promise. */
  readonly isAtomic: boolean
  /** Whether what was acknowledged is durable. */
  readonly isDurable: boolean
  /** How many operations are recorded. */
  readonly length: number
  /** Opens a store on it, as a process does that starts now. */
  open(): Promise<Store>
  /** What lies around beside keys. */
  strays(): readonly string[]
  /** Goes through the recording. */
  replay(): Replay
  /** Operation `at` in words. */
  describe(at: number): string
}

/** Walks along a recording; `at` is called with ascending numbers of operations. */
export interface Replay<M = Medium> {
  /** Crashes after exactly `done` operations: no two of one model are the same. */
  at(done: number, random: Random, picks: number): CrashState<M>[]
}
