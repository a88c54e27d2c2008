import { abortable } from '../../core/abortable.ts'
import type { CallSignal } from '../../core/call-signal.ts'
import { CacheError } from '../../errors.ts'
import type { RedisPort, RedisSubscription } from '../../redis/redis-port.ts'
import { openError } from '../remote-error.ts'
import { decodeGoEvent, encodeGoEvent, type GoEvent } from './go-event.ts'
import type { GoSettings } from './go-settings.ts'

/** Who hears of the channel. */
export interface GoListener {
  /** An event of anyone, own ones among them, in the order of Redis; no pings. */
  event(event: GoEvent): void
  /** The subscription began: events from before it were missed. */
  begun(): void
  /** Whether everything that is said on the channel arrives. */
  inStep(isInStep: boolean): void
  problem(error: Error): void
}

const maxBackOffMs = 30_000
const maxSenders = 1000

/**
 * The channel that Go's pods and ours talk on. Its events have no numbers, so a lost one leaves no gap; what is known is that a
 * connection which lives loses none. So: each new subscription begins anew, and a silent one must bring back an own `ping`; that
 * of a reader, which publishes nothing, an answer of the server over the same connection.
 */
export class GoChannel {
  readonly #port: RedisPort
  readonly #settings: GoSettings
  readonly #listener: GoListener
  readonly #ours = new Set<string>()
  #subscription: RedisSubscription | undefined
  #status: 'ready' | 'resyncing' | 'down' | 'closed' = 'down'
  #waiters: (() => void)[] = []
  /** Begins the keys of all pings of this instance, and of no other. */
  readonly #nonce: string
  #pings = 0
  /** The key of the ping that is under way; a reader sends it nowhere. */
  #awaited: string | undefined
  #isHeard = false
  #isNewcomer = false
  #failures = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #isTwinTold = false
  /** Why the last attempt to subscribe, or to be heard, failed. */
  #failure: unknown

  constructor(port: RedisPort, settings: GoSettings, listener: GoListener) {
    this.#port = port
    this.#settings = settings
    this.#listener = listener
    this.#nonce = `${Math.floor(settings.random() * 2 ** 52).toString(36)}-`
  }

  get status(): 'ready' | 'resyncing' | 'down' | 'closed' {
    return this.#status
  }

  /** Whether `sender` is known to set a key and tell of it in one step, as Go's pods do not. */
  isOurs(sender: string): boolean {
    return sender === this.#settings.id || this.#ours.has(sender)
  }

  /** Subscribes, and resolves when a ping was answered; goes on trying when it rejects with `UNAVAILABLE`. */
  async open(signal: CallSignal | undefined): Promise<void> {
    this.#subscription ??= this.#port.subscribe(this.#settings.channel, {
      message: message => this.#receive(message),
      up: () => this.#begin(),
      down: () => this.#end(),
      failed: cause => {
        this.#failure = cause
      },
    })
    if (this.#status === 'ready') return
    let timer: ReturnType<typeof setTimeout> | undefined
    const ready = new Promise<void>((resolve, reject) => {
      this.#waiters.push(resolve)
      const { timeoutMs } = this.#settings
      const late = (): void => reject(openError(undefined, this.#failure))
      timer = setTimeout(late, timeoutMs)
    })
    try {
      await abortable(ready, signal)
    } finally {
      clearTimeout(timer)
    }
  }

  async close(): Promise<void> {
    this.#status = 'closed'
    clearTimeout(this.#timer)
    await this.#subscription?.close()
  }

  #begin(): void {
    if (this.#status === 'closed') return
    this.#status = 'resyncing'
    this.#listener.inStep(false)
    this.#listener.begun()
    this.#ping()
  }

  #end(): void {
    if (this.#status === 'closed') return
    this.#status = 'down'
    this.#awaited = undefined
    clearTimeout(this.#timer)
    this.#listener.inStep(false)
  }

  #receive(message: Uint8Array): void {
    if (this.#status === 'closed') return
    this.#isHeard = true
    const event = decodeGoEvent(message)
    if (event === undefined) {
      const error = new CacheError('CORRUPT', "Cannot read a message: found bytes that are no event of Go's package")
      this.#listener.problem(error)
    } else if (event !== 'unknown') {
      if (event.action === 'ping') this.#receivePing(event)
      else this.#listener.event(event)
    }
  }

  #receivePing({ key, sender }: GoEvent): void {
    if (sender !== this.#settings.id) {
      if (this.#ours.has(sender)) return
      if (this.#ours.size >= maxSenders) this.#ours.clear()
      this.#ours.add(sender)
      // It does not know yet of this process.
      this.#isNewcomer = true
    } else if (key === this.#awaited) {
      this.#answered()
    } else if (!this.#isTwinTold && !key.startsWith(this.#nonce)) {
      this.#isTwinTold = true
      this.#listener.problem(new CacheError('ALREADY_EXISTS', 'Another process sends events under the same id'))
    }
  }

  #answered(): void {
    this.#awaited = undefined
    this.#failures = 0
    this.#watch()
    if (this.#status === 'ready') return
    this.#status = 'ready'
    this.#listener.inStep(true)
    for (const resolve of this.#waiters.splice(0)) resolve()
  }

  // Silence is looked for once in a while, so that a message costs no timer.
  #watch(): void {
    clearTimeout(this.#timer)
    this.#isHeard = false
    const { heartbeatMs, random } = this.#settings
    this.#timer = setTimeout(
      () => {
        if (this.#isHeard && !this.#isNewcomer) this.#watch()
        else this.#ping()
      },
      heartbeatMs * (1 + random()),
    )
  }

  #ping(): void {
    clearTimeout(this.#timer)
    this.#isNewcomer = false
    const { channel, id, timeoutMs, reader } = this.#settings
    const key = `${this.#nonce}${++this.#pings}`
    this.#awaited = key
    const fail = (cause?: unknown): void => {
      if (this.#awaited === key) this.#fail(cause)
    }
    this.#timer = setTimeout(fail, timeoutMs)
    if (reader) {
      const answered = (): void => {
        if (this.#awaited === key) this.#answered()
      }
      this.#subscription?.ping().then(answered, fail)
      return
    }
    const args = ['PUBLISH', channel, encodeGoEvent({ key, sender: id, action: 'ping' })]
    this.#port.command({ args }).catch(fail)
  }

  // Whether the subscription is dead, or only the way to publish: it is made anew, later each time.
  #fail(cause: unknown): void {
    this.#awaited = undefined
    this.#failure = cause
    this.#status = 'resyncing'
    this.#listener.inStep(false)
    this.#listener.problem(new CacheError('UNAVAILABLE', 'The own ping did not come back over the channel', { cause }))
    const { heartbeatMs, random } = this.#settings
    const delayMs = this.#failures === 0 ? 0 : Math.min(heartbeatMs * 2 ** this.#failures, maxBackOffMs)
    this.#failures++
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#subscription?.renew(), delayMs * (1 - random() / 2))
  }
}
