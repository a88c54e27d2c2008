import { abortedBy } from '../core/abortable.ts'
import { Breaker, type BreakerOptions, type BreakerPass, type BreakerState } from '../core/breaker.ts'
import type { CallSignal } from '../core/call-signal.ts'
import { checkFunction, checkInteger, checkOptionNames } from '../core/check.ts'
import { maxTimeoutMs } from '../core/deadline.ts'
import { Deadlines } from '../core/deadlines.ts'
import { CacheError, isCacheError } from '../errors.ts'
import { isNotConnected } from './not-connected.ts'
import type {
  RedisCallOptions,
  RedisCommand,
  RedisListener,
  RedisNode,
  RedisPort,
  RedisReply,
  RedisSubscription,
} from './redis-port.ts'

/** Options of a {@link GuardedRedis}. */
export interface GuardedRedisOptions {
  /** By when a call is answered, in milliseconds. @default 1_000 */
  readonly timeoutMs?: number | undefined
  /** When Redis is left alone after failures. @default {} */
  readonly breaker?: BreakerOptions | undefined
  /** How many calls may be under way, those included whose callers have given up. @default 10_000 */
  readonly maxPending?: number | undefined
  /** The time in milliseconds. @default Date.now */
  readonly clock?: (() => number) | undefined
}

/** The names of the options, for who takes them among his own. */
export const guardOptionNames = ['timeoutMs', 'breaker', 'maxPending', 'clock'] as const

// What a server answers that cannot serve now: another one, or this one a little later, can.
const notNow = /^(?:LOADING|BUSY|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|READONLY|MOVED|ASK) /

/**
 * A {@link RedisPort} whose calls all end: by a deadline, at once while a breaker leaves Redis alone, at once where too many
 * are under way. All that is for reasons of the connection, of time, or of a server that cannot serve now is `UNAVAILABLE`
 * with its cause; what Redis refuses to a command rejects as it is, and is no reason to leave Redis alone.
 */
export class GuardedRedis implements RedisPort {
  readonly isCluster: boolean
  readonly database: number
  readonly #port: RedisPort
  readonly #breaker: Breaker
  readonly #timeoutMs: number
  readonly #deadlines: Deadlines
  readonly #maxPending: number
  readonly #clock: () => number
  #pending = 0
  /** How many calls Redis answered. */
  #answers = 0
  /** The last failure was the want of a connection. */
  #wasApart = false
  #lastFailure: unknown

  /** Closing it closes `port`. */
  constructor(port: RedisPort, options: GuardedRedisOptions = {}) {
    checkOptionNames(options, guardOptionNames)
    const { timeoutMs = 1000, breaker, maxPending = 10_000, clock = Date.now } = options
    checkInteger('timeoutMs', timeoutMs, 1)
    if (timeoutMs > maxTimeoutMs) throw new RangeError(`Option timeoutMs must be at most ${maxTimeoutMs}`)
    checkInteger('maxPending', maxPending, 1)
    checkFunction('clock', clock)
    this.isCluster = port.isCluster
    this.database = port.database
    this.#port = port
    this.#breaker = new Breaker(breaker)
    this.#timeoutMs = timeoutMs
    this.#deadlines = new Deadlines(timeoutMs)
    this.#maxPending = maxPending
    this.#clock = clock
  }

  /** Whether calls go through: `open` and `halfOpen` are a Redis that is left alone. */
  get breakerState(): BreakerState {
    return this.#breaker.state
  }

  /** How many calls Redis owes an answer. */
  get pending(): number {
    return this.#pending
  }

  command(command: RedisCommand, { signal }: RedisCallOptions = {}): Promise<RedisReply> {
    return this.#guard(signal, () => this.#port.command(command))
  }

  pipeline(
    commands: readonly RedisCommand[],
    { signal }: RedisCallOptions = {},
  ): Promise<readonly (RedisReply | Error)[]> {
    return this.#guard(signal, async () => {
      const answers = await this.#port.pipeline(commands)
      const refused = answers.find(isNotNow)
      if (refused !== undefined) throw refused
      return answers
    })
  }

  subscribe(channel: string, listener: RedisListener): RedisSubscription {
    return this.#port.subscribe(channel, {
      message: message => listener.message(message),
      up: () => {
        // Redis is back: nobody waits for the end of a back-off.
        this.#breaker.heard()
        listener.up()
      },
      down: cause => listener.down(cause),
      failed: cause => listener.failed?.(cause),
    })
  }

  async nodes({ signal }: RedisCallOptions = {}): Promise<readonly RedisNode[]> {
    const nodes = await this.#guard(signal, () => this.#port.nodes())
    return nodes.map(node => ({
      command: (command, options = {}) => this.#guard(options.signal, () => node.command(command)),
    }))
  }

  async close(): Promise<void> {
    await this.#port.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #guard<T>(signal: CallSignal | undefined, call: () => Promise<T>): Promise<T> {
    if (this.#pending >= this.#maxPending) {
      const message = `${this.#maxPending} calls wait for Redis already`
      return Promise.reject(new CacheError('UNAVAILABLE', message, { cause: this.#lastFailure }))
    }
    // It was left alone as there was no connection, and now there is one.
    if (this.#wasApart && this.#port.isReady) this.#breaker.hint()
    const pass = this.#breaker.tryEnter(this.#clock())
    if (pass === undefined) {
      const message = 'Redis is left alone for a while after failures'
      return Promise.reject(new CacheError('UNAVAILABLE', message, { cause: this.#lastFailure }))
    }
    const isProbe = this.#breaker.state === 'halfOpen'
    const answers = this.#answers
    // By hand, with no more objects than it takes: every call comes by here.
    return new Promise((resolve, reject) => {
      const end = (): boolean => {
        if (!deadline.isPending) return false
        this.#deadlines.end(deadline)
        signal?.removeEventListener('abort', onAbort)
        return true
      }
      const failed = (error: unknown): void => {
        if (end()) this.#reject(reject, pass, error)
      }
      const onAbort = (): void => failed(abortedBy(signal))
      const deadline = this.#deadlines.begin(() => {
        signal?.removeEventListener('abort', onAbort)
        // Twice nothing at all: the connection may be dead, where another would not be.
        const isDead = isProbe && answers === this.#answers
        const error = new CacheError('TIMEOUT', `Redis did not answer within ${this.#timeoutMs} ms`)
        this.#reject(reject, pass, error, isDead)
      })
      if (signal?.aborted) return onAbort()
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#pending += 1
      // What the client still holds counts, whether or not somebody waits for it.
      workOf(call).then(
        value => {
          this.#answered()
          if (!end()) return
          pass.succeeded()
          resolve(value)
        },
        (error: unknown) => {
          if (isCacheError(error)) this.#pending -= 1
          else this.#answered()
          failed(error)
        },
      )
    })
  }

  #answered(): void {
    this.#pending -= 1
    this.#answers += 1
    // Though late, if nobody waits for it any more: it may be back.
    this.#breaker.hint()
  }

  #reject(reject: (reason: unknown) => void, pass: BreakerPass, error: unknown, isDead = false): void {
    // A port or a clock of somebody else's may throw.
    try {
      if (isDead) this.#port.renew?.()
      reject(this.#failure(pass, error))
    } catch (thrown) {
      pass.abandoned()
      reject(thrown)
    }
  }

  /** What a call rejects with, after the breaker heard of it. */
  #failure(pass: BreakerPass, error: unknown): unknown {
    if (isCacheError(error, 'ABORTED') || isCacheError(error, 'CLOSED') || isNotConnected(error)) {
      pass.abandoned()
      return error
    }
    const isFailure = isCacheError(error, 'UNAVAILABLE')
    if (!isFailure && !isCacheError(error, 'TIMEOUT') && !isNotNow(error)) {
      pass.succeeded()
      return error
    }
    // A replica takes no writes, but answers reads.
    if (isReadOnly(error)) pass.succeeded()
    else {
      pass.failed(this.#clock())
      this.#lastFailure = error
      this.#wasApart = this.#port.isReady === false
    }
    return isFailure ? error : new CacheError('UNAVAILABLE', 'Redis cannot serve now', { cause: error })
  }
}

// A port that throws at once rejects as well.
function workOf<T>(call: () => Promise<T>): Promise<T> {
  try {
    return Promise.resolve(call())
  } catch (error) {
    return Promise.reject(error)
  }
}

function isReadOnly(answer: unknown): boolean {
  return answer instanceof Error && answer.message.startsWith('READONLY ')
}

function isNotNow(answer: unknown): answer is Error {
  return answer instanceof Error && notNow.test(answer.message)
}
