import { CacheError } from '../../errors.ts'
import { checkPartitions } from './check-partitions.ts'
import type { NativeEvent } from './event.ts'
import { type ChainPoint, isSamePoint } from './event-chain.ts'
import { idBytes, noId, readId } from './id64.ts'
import type { Inquiry, InquiryListener } from './inquiry.ts'
import { lookScript } from './lua/look.ts'
import type { NativeContext } from './native-context.ts'
import type { Partition } from './partition.ts'
import { itemsOf, numberOf, unexpected } from './script-reply.ts'
import { Timer } from './timer.ts'

/** More events than come while Redis answers; of more, the last. */
const maxEvents = 1000

/**
 * Looks how a partition stands. Where nobody began an epoch yet it stands at nothing, which every event contradicts. Throws
 * a RangeError where other processes have another number of partitions.
 */
export async function look(
  { port, partitions, settings }: NativeContext,
  { names, clock }: Partition,
  signal?: AbortSignal,
): Promise<ChainPoint> {
  const sentAtMs = settings.clock()
  const [epoch, sequence, nonce, timeMs, of] = itemsOf(await lookScript.run(port, [names.meta], [], { signal }))
  clock.answered(sentAtMs, numberOf(timeMs ?? null))
  if (!(epoch instanceof Uint8Array && nonce instanceof Uint8Array) || nonce.byteLength !== idBytes) throw unexpected()
  if (epoch.byteLength === 0) return { epoch: noId, sequence: 0, nonce: noId }
  if (epoch.byteLength !== idBytes) throw unexpected()
  checkPartitions(of, partitions.length)
  return { epoch: readId(epoch, 0), sequence: numberOf(sequence), nonce: readId(nonce, 0) }
}

/**
 * Asks one partition how it stands by a look, which writes and tells nothing: for who only reads. What Redis answers and what
 * the channel brings have no order, so that what the channel has not brought yet is waited for as long as it brings anything.
 */
export class Looker implements Inquiry {
  readonly #context: NativeContext
  readonly #partition: Partition
  readonly #listener: InquiryListener
  readonly #timer = new Timer()
  #call: AbortController | undefined
  #events: NativeEvent[] = []
  #isHearing = false

  constructor(context: NativeContext, partition: Partition, listener: InquiryListener) {
    this.#context = context
    this.#partition = partition
    this.#listener = listener
  }

  get isBusy(): boolean {
    return this.#call !== undefined
  }

  send(): void {
    if (this.isBusy) return
    const { timeoutMs } = this.#context.settings
    const call = new AbortController()
    const { point } = this.#partition.chain
    this.#call = call
    const ifCurrent = (act: () => void): void => {
      if (this.#call === call) act()
    }
    const fail = (error: unknown): void =>
      ifCurrent(() => {
        this.stop()
        this.#listener.failed(error)
      })
    const late = new CacheError('TIMEOUT', `Redis did not answer within ${timeoutMs} ms`)
    this.#timer.set(timeoutMs, () => fail(late))
    look(this.#context, this.#partition, call.signal).then(found => ifCurrent(() => this.#compare(point, found)), fail)
  }

  hears(event: NativeEvent): boolean {
    this.#isHearing = true
    // Where the chain is whole, it has taken the event itself.
    if (!this.isBusy || this.#partition.chain.point !== undefined) return false
    if (this.#events.length === maxEvents) this.#events.shift()
    this.#events.push(event)
    return false
  }

  stop(): void {
    const call = this.#call
    this.#timer.stop()
    this.#call = undefined
    this.#events = []
    call?.abort()
  }

  // `before` is where the chain stood when Redis was asked: what Redis says is of later.
  #compare(before: ChainPoint | undefined, found: ChainPoint): void {
    const events = this.#events
    if (before === undefined) {
      this.stop()
      this.#listener.found(found, events)
    } else if (found.sequence > before.sequence) this.#await(found)
    else {
      this.stop()
      // A chain that ended meanwhile is begun anew in any case.
      if (this.#partition.chain.point !== undefined && !isSamePoint(found, before)) this.#listener.changed()
    }
  }

  #await(found: ChainPoint): void {
    const { heartbeatMs, timeoutMs } = this.#context.settings
    this.#isHearing = false
    this.#timer.set(Math.min(heartbeatMs, timeoutMs), () => {
      const { point } = this.#partition.chain
      const isReached = point === undefined || point.sequence >= found.sequence
      if (!isReached && this.#isHearing) this.#await(found)
      else {
        this.stop()
        if (!isReached) this.#listener.unheard()
      }
    })
  }
}
