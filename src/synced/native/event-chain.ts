import { eventKinds, type NativeEvent } from './event.ts'
import { type Id64, sameId } from './id64.ts'

/** Where the history of a partition stands: after the change with this number and nonce. */
export interface ChainPoint {
  readonly epoch: Id64
  readonly sequence: number
  readonly nonce: Id64
}

/** What an event is to a chain. */
export type ChainLink = Pick<NativeEvent, 'kind' | 'epoch' | 'sequence' | 'nonce' | 'previous'>

/** What is to be done with an event: `ignore`: it is known, or the chain waits for a point to begin at. */
export type ChainVerdict = 'apply' | 'ignore' | 'gap'

/**
 * Tells whether the events of a partition came without a gap since a point where it was told how things stand. Each event
 * names its own nonce and that of the one before, so that no other history of the same numbers can pass for this one:
 * not the one of a replica that took over without the last changes, nor one that began anew.
 */
export class EventChain {
  #point: ChainPoint | undefined

  /** The last change that is known; `undefined`: out of step. */
  get point(): ChainPoint | undefined {
    return this.#point
  }

  /** Begins at a point that is known to be true. */
  begin(point: ChainPoint): void {
    this.#point = { epoch: point.epoch, sequence: point.sequence, nonce: point.nonce }
  }

  /** Gets out of step: until it begins anew, every event is ignored. */
  break(): void {
    this.#point = undefined
  }

  /** What the event means. With `gap` the chain is out of step. */
  next(event: ChainLink): ChainVerdict {
    const last = this.#point
    if (last === undefined) return 'ignore'
    const isLast =
      event.sequence === last.sequence && sameId(event.nonce, last.nonce) && sameId(event.epoch, last.epoch)
    // A tick of an older state may be late, or the truth after a step back: it counts as the latter.
    if (isLast) return 'ignore'
    const follows =
      event.kind !== eventKinds.tick &&
      event.sequence === last.sequence + 1 &&
      sameId(event.previous, last.nonce) &&
      // Only a clear begins another epoch.
      (event.kind === eventKinds.clear || sameId(event.epoch, last.epoch))
    if (!follows) {
      this.#point = undefined
      return 'gap'
    }
    this.begin(event)
    return 'apply'
  }
}
