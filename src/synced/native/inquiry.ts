import type { NativeEvent } from './event.ts'
import type { ChainPoint } from './event-chain.ts'

/** Who is told what becomes of an {@link Inquiry}. */
export interface InquiryListener {
  /** Events come, but the chain does not reach what Redis says, or none come at all: the subscription is dead. */
  unheard(): void
  /** Redis could not be asked, or did not answer. */
  failed(error: unknown): void
  /** The partition stood so, and the events that came since it was asked may be of before or after that. */
  found(point: ChainPoint, events: readonly NativeEvent[]): void
  /** Redis has another history than the one that the chain is of. */
  changed(): void
}

/** Asks one partition how it stands. One question at a time is under way. */
export interface Inquiry {
  /** Whether a question is under way. */
  readonly isBusy: boolean
  /** Asks, unless a question is under way. */
  send(): void
  /** An event came. True: it is the answer, and the chain may begin at it. */
  hears(event: NativeEvent): boolean
  /** Forgets the question under way. */
  stop(): void
}
