import { checkInteger, checkOptionNames } from './check.ts'

/** Options of a `Breaker`. Times are in milliseconds. */
export interface BreakerOptions {
  /** How many calls in a row must fail before the peer is left alone. @default 3 */
  readonly maxFailures?: number | undefined
  /** How long the peer is left alone for the first time; doubled each time a probe fails. @default 1_000 */
  readonly backOffMs?: number | undefined
  /** The longest time. @default 30_000 */
  readonly maxBackOffMs?: number | undefined
  /** The share by which each time is shortened at random, so that nodes do not probe together: 0 to 1. @default 0.5 */
  readonly jitter?: number | undefined
  /** Numbers in [0, 1). @default Math.random */
  readonly random?: (() => number) | undefined
}

/** The leave to make one call. Exactly one of its methods is called when the call has ended; later ones do nothing. */
export interface BreakerPass {
  /** The peer answered, be it with an error of its own. */
  succeeded(): void
  /** The peer did not answer in time, or with nothing of use. */
  failed(nowMs: number): void
  /** The caller gave up: nothing is known of the peer. The next call may take over the probe. */
  abandoned(): void
}

/** `closed`: calls go through. `open`: none does. `halfOpen`: one probe is under way, and no other call goes through. */
export type BreakerState = 'closed' | 'open' | 'halfOpen'

/**
 * Leaves a peer alone that fails, and looks now and then whether it is back. Has no timers: a peer nobody calls is not
 * probed.
 */
export class Breaker {
  readonly #maxFailures: number
  readonly #backOffMs: number
  readonly #maxBackOffMs: number
  readonly #jitter: number
  readonly #random: () => number
  #state: BreakerState = 'closed'
  /** Failures in a row. */
  #failures = 0
  /** Openings in a row. */
  #openings = 0
  #openedAtMs = 0
  #openForMs = 0
  /** Grows with each change of state: what a call of an earlier one reports is no news. */
  #era = 0
  /** What passes report to. */
  readonly #outcomes: Outcomes = {
    isOf: era => era === this.#era,
    succeeded: () => this.#succeed(),
    failed: nowMs => this.#fail(nowMs),
    abandoned: () => this.#abandon(),
  }

  constructor(options: BreakerOptions = {}) {
    checkOptionNames(options, ['maxFailures', 'backOffMs', 'maxBackOffMs', 'jitter', 'random'])
    const { maxFailures = 3, backOffMs = 1000, maxBackOffMs = 30_000, jitter = 0.5, random = Math.random } = options
    checkInteger('maxFailures', maxFailures, 1)
    checkInteger('backOffMs', backOffMs, 1)
    checkInteger('maxBackOffMs', maxBackOffMs, backOffMs)
    if (!(jitter >= 0 && jitter <= 1)) throw new RangeError(`Option jitter must be from 0 to 1, received ${jitter}`)
    this.#maxFailures = maxFailures
    this.#backOffMs = backOffMs
    this.#maxBackOffMs = maxBackOffMs
    this.#jitter = jitter
    this.#random = random
  }

  get state(): BreakerState {
    return this.#state
  }

  /** The leave to call the peer, or undefined: leave it alone for now. After the back-off the first to ask is the probe. */
  tryEnter(nowMs: number): BreakerPass | undefined {
    if (this.#state === 'halfOpen' || (this.#state === 'open' && this.#isTooEarly(nowMs))) return undefined
    if (this.#state === 'open') this.#change('halfOpen')
    return new Pass(this.#era, this.#outcomes)
  }

  /** The peer answered a call that was made without leave, as changes are: it is back. */
  heard(): void {
    if (this.#state === 'closed') return
    this.#failures = 0
    this.#openings = 0
    this.#change('closed')
  }

  /** The peer may be back: the next call may look, whatever the back-off. */
  hint(): void {
    if (this.#state === 'open') this.#openForMs = 0
  }

  #succeed(): void {
    this.#failures = 0
    this.#openings = 0
    if (this.#state === 'halfOpen') this.#change('closed')
  }

  #fail(nowMs: number): void {
    this.#failures += 1
    if (this.#state === 'closed' && this.#failures < this.#maxFailures) return
    const fullMs = Math.min(this.#maxBackOffMs, this.#backOffMs * 2 ** this.#openings)
    this.#openedAtMs = nowMs
    this.#openForMs = fullMs * (1 - this.#jitter * this.#random())
    this.#openings += 1
    this.#change('open')
  }

  // The back-off of a probe is over, so that whoever asks next is the probe.
  #abandon(): void {
    if (this.#state === 'halfOpen') this.#change('open')
  }

  #change(state: BreakerState): void {
    this.#state = state
    this.#era += 1
  }

  // A clock that was set back must not leave the peer alone for as long as it was set back.
  #isTooEarly(nowMs: number): boolean {
    return nowMs >= this.#openedAtMs && nowMs < this.#openedAtMs + this.#openForMs
  }
}

interface Outcomes extends BreakerPass {
  isOf(era: number): boolean
}

// A class, as there is one for each call: closures would take as long as the call itself.
class Pass implements BreakerPass {
  readonly #era: number
  readonly #outcomes: Outcomes
  #isOver = false

  constructor(era: number, outcomes: Outcomes) {
    this.#era = era
    this.#outcomes = outcomes
  }

  succeeded(): void {
    if (this.#end()) this.#outcomes.succeeded()
  }

  failed(nowMs: number): void {
    if (this.#end()) this.#outcomes.failed(nowMs)
  }

  abandoned(): void {
    if (this.#end()) this.#outcomes.abandoned()
  }

  #end(): boolean {
    if (this.#isOver || !this.#outcomes.isOf(this.#era)) return false
    this.#isOver = true
    return true
  }
}
