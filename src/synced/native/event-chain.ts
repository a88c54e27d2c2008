import { eventKinds, type NativeEvent } from './event.ts'
import { type Id64, sameId } from './id64.ts'

/** Where the history of a partition stands: after the change with this number and nonce. */
export interface ChainPoint {
  readonly epoch: Id64
  readonly sequence: number
  readonly nonce: Id64
}

/** Whether two are after the same change, or one is the event of it. */
export function isSamePoint(a: ChainPoint, b: ChainPoint): boolean {
  return a.sequence === b.sequence && sameId(a.nonce, b.nonce) && sameId(a.epoch, b.epoch)
}

/** What an event is to a chain. */
export type ChainLink = Pick<NativeEvent, 'kind' | 'epoch' | 'sequence' | 'nonce' | 'previous'>

/**
 * What is to be done with an event: `ignore`: it is known, or the chain waits for a point to begin at. `late`: it may be of
 * before the point at which the chain began, and proves nothing.
 */
export type ChainVerdict = 'apply' | 'ignore' | 'late' | 'gap'

/**
 * Tells whether the events of a partition came without a gap since a point where it was told how things stand. Each event
 * names its own nonce and that of the one before, so that no other history of the same numbers can pass for this one:
 * not the one of a replica that took over without the last changes, nor one that began anew.
 */
export class EventChain {
  #point: ChainPoint | undefined
  /** Whether events of before the point may still come. */
  #isAhead = false

  /** The last change that is known; `undefined`: out of step. */
  get point(): ChainPoint | undefined {
    return this.#point
  }

  /** Begins at a point that is known to be true; with `isAhead`, by other means than the events before it. */
  begin(point: ChainPoint, isAhead = false): void {
    this.#isAhead = isAhead
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
    // A tick of an older state may be late, or the truth after a step back: it counts as the latter.
    if (isSamePoint(event, last)) {
      this.#isAhead = false
      return 'ignore'
    }
    if (this.#isAhead && event.sequence < last.sequence && sameId(event.epoch, last.epoch)) return 'late'
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
