import { withDeadline } from '../../core/deadline.ts'
import { CacheError, isCacheError } from '../../errors.ts'
import type { RedisSubscription } from '../../redis/redis-port.ts'
import { openError } from '../remote-error.ts'
import type { RemoteLevel, RemoteOptions, ResetReason } from '../remote-level.ts'
import { applyEvent } from './apply-event.ts'
import { asCacheError } from './as-cache-error.ts'
import { decodeEvent, eventKinds, type NativeEvent } from './event.ts'
import { type ChainPoint, isSamePoint } from './event-chain.ts'
import { sameId } from './id64.ts'
import type { Inquiry, InquiryListener } from './inquiry.ts'
import { Looker, look } from './looker.ts'
import type { NativeContext } from './native-context.ts'
import type { Partition } from './partition.ts'
import { sendTick, Ticker } from './ticker.ts'
import { Timer } from './timer.ts'

/** The way of one partition back into step. */
interface Lane {
  readonly partition: Partition
  readonly inquiry: Inquiry
  readonly retry: Timer
  /** Whether an event came since the last round of the heartbeat. */
  isHeard: boolean
  /** How often in a row, with little time between, it got out of step or could not get into it. */
  strikes: number
}

const minRetryMs = 20
const maxRetryMs = 1000

/**
 * Keeps the local level in step with Redis: hears the channel, follows the chain of each partition, and asks how things
 * stand when a partition was silent, when a gap was found and when the subscription is new.
 */
export class NativeSync {
  readonly #context: NativeContext
  readonly #lanes: readonly Lane[]
  readonly #heartbeat = new Timer()
  #subscription: RedisSubscription | undefined
  #state: 'down' | 'up' | 'closed' = 'down'
  #isReady = false
  /** Why the local level is to be emptied when all is in step; `undefined`: it was emptied already. */
  #reset: ResetReason | undefined = 'open'
  /** A series of failures is told once. */
  #hasFailed = false
  #opening: Opening | undefined
  /** Why the last attempt to subscribe failed. */
  #subscribing: unknown

  constructor(context: NativeContext) {
    this.#context = context
    this.#lanes = context.partitions.map(partition => {
      const listener: InquiryListener = {
        unheard: () => this.#renew(lane),
        failed: error => this.#fail(lane, error),
        found: (point, events) => this.#find(lane, point, events),
        changed: () => this.#restart(lane, 'epoch'),
      }
      const lane: Lane = {
        partition,
        inquiry: new (context.settings.reader ? Looker : Ticker)(context, partition, listener),
        retry: new Timer(),
        isHeard: false,
        strikes: 0,
      }
      return lane
    })
  }

  get status(): RemoteLevel['status'] {
    if (this.#state !== 'up') return this.#state
    return this.#isReady ? 'ready' : 'resyncing'
  }

  /** Begins; resolves when all partitions are in step. Whatever becomes of that, it goes on until `close`. */
  async open({ signal }: RemoteOptions = {}): Promise<void> {
    this.#opening ??= newOpening()
    const { promise } = this.#opening
    const { timeoutMs } = this.#context.settings
    try {
      await withDeadline('The first answer of Redis', timeoutMs, signal, async controller => {
        // Whether Redis is there, and of one mind with us, is known from this before any subscription is active.
        const probe = this.#probe(controller.signal)
        this.#subscribe()
        await probe
        await promise
      })
    } catch (error) {
      if (error instanceof RangeError) await this.close()
      if (error instanceof RangeError || isCacheError(error, 'ABORTED') || isCacheError(error, 'CLOSED')) throw error
      throw openError(error, this.#subscribing)
    }
  }

  async #probe(signal: AbortSignal): Promise<void> {
    const [first] = this.#context.partitions
    if (this.#context.settings.reader) await look(this.#context, first!, signal)
    else await sendTick(this.#context, first!, undefined, signal)
  }

  #subscribe(): void {
    if (this.#state === 'closed' || this.#subscription !== undefined) return
    this.#subscription = this.#context.port.subscribe(this.#context.channel, {
      message: message => this.#hear(message),
      up: () => this.#rise(),
      down: () => this.#sink(),
      failed: cause => {
        this.#subscribing = cause
      },
    })
    this.#beat()
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return
    this.#sink()
    this.#state = 'closed'
    this.#heartbeat.stop()
    this.#opening?.reject(new CacheError('CLOSED', 'The cache was closed'))
    await this.#subscription?.close()
  }

  #rise(): void {
    if (this.#state === 'closed') return
    this.#state = 'up'
    for (const lane of this.#lanes) this.#resync(lane)
  }

  // What is local stays for now: it is emptied when the subscription is back.
  #sink(): void {
    if (this.#state === 'closed') return
    this.#state = 'down'
    for (const { partition, inquiry, retry } of this.#lanes) {
      partition.chain.break()
      inquiry.stop()
      retry.stop()
    }
    if (!this.#isReady) return
    this.#isReady = false
    this.#reset = 'reconnect'
    this.#context.sink.inStep(false)
  }

  #hear(message: Uint8Array): void {
    const { sink, settings } = this.#context
    let event: NativeEvent
    try {
      event = decodeEvent(message)
    } catch (error) {
      sink.problem(asCacheError(error))
      return
    }
    const lane = this.#lanes[event.partition]
    if (lane === undefined) {
      sink.problem(new CacheError('CORRUPT', 'An event is of a partition that this cache does not have'))
      return
    }
    // An answer of its own tells the time anew.
    const isTimely = lane.partition.clock.heard(settings.clock(), event.timeMs)
    const isAnswer = lane.inquiry.hears(event)
    if (lane.partition.chain.point !== undefined) this.#follow(lane, event, isTimely)
    else {
      if (isTimely) lane.isHeard = true
      if (isAnswer) this.#begin(lane, event)
    }
  }

  #follow(lane: Lane, event: NativeEvent, isTimely: boolean): void {
    const { chain } = lane.partition
    const before = chain.point
    if (before === undefined) return
    const verdict = chain.next(event)
    if (isTimely && verdict !== 'late') lane.isHeard = true
    if (verdict === 'apply') applyEvent(this.#context, lane.partition, event, before)
    if (verdict !== 'gap') return
    const mayGoOn = event.kind === eventKinds.clear || sameId(event.epoch, before.epoch)
    this.#restart(lane, mayGoOn ? 'gap' : 'epoch')
  }

  // What the channel brought meanwhile comes after the point, or before it, or the point has yet to come.
  #find(lane: Lane, point: ChainPoint, events: readonly NativeEvent[]): void {
    const at = events.findLastIndex(event => isSamePoint(event, point))
    this.#begin(lane, point, at === -1)
    for (const event of events.slice(at + 1)) this.#follow(lane, event, false)
  }

  #restart(lane: Lane, reason: ResetReason): void {
    lane.partition.chain.break()
    this.#leaveStep(reason)
    lane.strikes += 1
    this.#resync(lane)
  }

  #begin({ partition, retry }: Lane, point: ChainPoint, isAhead = false): void {
    partition.begin(point, isAhead)
    retry.stop()
    this.#hasFailed = false
    if (this.#isReady || this.#lanes.some(lane => lane.partition.chain.point === undefined)) return
    const { sink } = this.#context
    if (this.#reset !== undefined) sink.reset(this.#reset)
    this.#reset = undefined
    this.#isReady = true
    sink.inStep(true)
    this.#opening?.resolve()
  }

  #leaveStep(reason: ResetReason): void {
    const { sink } = this.#context
    sink.reset(reason)
    if (!this.#isReady) return
    this.#isReady = false
    sink.inStep(false)
  }

  #resync(lane: Lane): void {
    if (this.#state !== 'up') return
    const ask = (): void => {
      lane.partition.unfence()
      // One that is under way may be from before what this process did last.
      lane.inquiry.stop()
      lane.inquiry.send()
    }
    if (lane.strikes <= 1) ask()
    else if (!lane.retry.isSet) lane.retry.set(this.#retryMs(lane.strikes), ask)
  }

  #retryMs(strikes: number): number {
    const ms = Math.min(maxRetryMs, minRetryMs * 2 ** Math.min(16, strikes - 2))
    return ms * (0.5 + 0.5 * this.#context.settings.random())
  }

  // A tick was sent, but nothing is heard: the connection is dead although nobody said so.
  #renew(lane: Lane): void {
    lane.strikes += 1
    this.#sink()
    this.#subscription?.renew()
  }

  #fail(lane: Lane, error: unknown): void {
    lane.strikes += 1
    if (!this.#hasFailed) this.#context.sink.problem(error instanceof RangeError ? error : asCacheError(error))
    this.#hasFailed = true
    if (error instanceof RangeError && lane.partition.chain.point !== undefined) {
      // Values of two minds are of no use to either.
      lane.partition.chain.break()
      this.#leaveStep('epoch')
    }
    if (lane.partition.chain.point === undefined) this.#resync(lane)
  }

  // A partition of which nothing was heard for a round is asked. Rounds are of different lengths, so that mostly one process
  // of a fleet asks, which all others hear.
  #beat(): void {
    const { heartbeatMs, random } = this.#context.settings
    this.#heartbeat.set(heartbeatMs * (0.5 + 0.25 * random()), () => {
      if (this.#state === 'up') for (const lane of this.#lanes) this.#endRound(lane)
      this.#beat()
    })
  }

  #endRound(lane: Lane): void {
    lane.partition.endRound()
    const isInStep = lane.partition.chain.point !== undefined
    if (isInStep) lane.strikes = Math.max(0, lane.strikes - 1)
    if (!isInStep) {
      if (!lane.inquiry.isBusy) this.#resync(lane)
    } else if (!lane.isHeard) lane.inquiry.send()
    lane.isHeard = false
  }
}

interface Opening {
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

function newOpening(): Opening {
  let resolve = (): void => undefined
  let reject = (_: Error): void => undefined
  const promise = new Promise<void>((yes, no) => {
    resolve = yes
    reject = no
  })
  // Who waits hears of it; nobody need.
  promise.catch(() => undefined)
  return { promise, resolve, reject }
}
