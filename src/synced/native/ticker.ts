import { CacheError } from '../../errors.ts'
import { checkPartitions } from './check-partitions.ts'
import { eventKinds, type NativeEvent } from './event.ts'
import { type Id64, sameId } from './id64.ts'
import type { Inquiry, InquiryListener } from './inquiry.ts'
import { tickScript } from './lua/tick.ts'
import type { NativeContext } from './native-context.ts'
import type { Partition } from './partition.ts'
import { itemsOf } from './script-reply.ts'
import { Timer } from './timer.ts'

/**
 * Sends one tick. Throws a RangeError where other processes have spread the keys over another number of partitions: two
 * of them would not find each other's values.
 */
export async function sendTick(
  context: NativeContext,
  partition: Partition,
  mark: Id64 = context.newId(),
  signal?: AbortSignal,
): Promise<void> {
  const args = context.args(partition, mark)
  const reply = itemsOf(await tickScript.run(context.port, [partition.names.meta], args, { signal }))
  checkPartitions(reply[1], context.partitions.length)
}

/** Asks one partition how it stands: by a tick, whose event says it at its place among the others. */
export class Ticker implements Inquiry {
  readonly #context: NativeContext
  readonly #partition: Partition
  readonly #listener: Pick<InquiryListener, 'unheard' | 'failed'>
  readonly #timer = new Timer()
  #mark: Id64 | undefined
  #sentAtMs = 0
  #call: AbortController | undefined

  constructor(context: NativeContext, partition: Partition, listener: Pick<InquiryListener, 'unheard' | 'failed'>) {
    this.#context = context
    this.#partition = partition
    this.#listener = listener
  }

  /** Whether a tick is under way. */
  get isBusy(): boolean {
    return this.#mark !== undefined
  }

  /** Sends a tick, unless one is under way. */
  send(): void {
    if (this.isBusy) return
    const { settings } = this.#context
    const mark = this.#context.newId()
    const call = new AbortController()
    let isSent = false
    this.#mark = mark
    this.#call = call
    this.#sentAtMs = settings.clock()
    const fail = (error: unknown): void => this.#lose(mark, () => this.#listener.failed(error))
    this.#timer.set(settings.timeoutMs, () => {
      if (isSent) this.#lose(mark, () => this.#listener.unheard())
      else fail(new CacheError('TIMEOUT', `Redis did not answer within ${settings.timeoutMs} ms`))
    })
    const sent = (): void => {
      isSent = true
    }
    sendTick(this.#context, this.#partition, mark, call.signal).then(sent, fail)
  }

  /** Whether the event is that of the tick under way, which then is over. */
  hears(event: NativeEvent): boolean {
    if (event.kind !== eventKinds.tick || this.#mark === undefined || !sameId(event.previous, this.#mark)) return false
    this.#partition.clock.answered(this.#sentAtMs, event.timeMs)
    this.#end()
    return true
  }

  /** Forgets the tick under way. */
  stop(): void {
    const call = this.#call
    this.#end()
    call?.abort()
  }

  #end(): void {
    this.#timer.stop()
    this.#mark = undefined
    this.#call = undefined
  }

  #lose(mark: Id64, tell: () => void): void {
    if (this.#mark !== mark) return
    this.stop()
    tell()
  }
}
