import { CacheError } from '../errors.ts'
import { type ChannelLink, type RedisDriver, reconnectDelayMs } from './redis-driver.ts'
import type { RedisListener, RedisSubscription } from './redis-port.ts'
import { plainBytes } from './reply-of.ts'

// A server that takes connections but does not answer must not be waited for.
const openTimeoutMs = 5000

/**
 * Keeps one channel heard: a new connection after each loss, later each time, until `close`. What an earlier connection
 * still says is not heard.
 */
export class ChannelSubscription implements RedisSubscription {
  readonly #driver: () => Pick<RedisDriver, 'listen'>
  readonly #channel: string
  readonly #listener: RedisListener
  readonly #onClose: () => void
  #link: ChannelLink | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Grows with each connection. */
  #era = 0
  #attempts = 0
  #isUp = false
  #isClosed = false

  constructor(
    driver: () => Pick<RedisDriver, 'listen'>,
    channel: string,
    listener: RedisListener,
    onClose: () => void,
  ) {
    this.#driver = driver
    this.#channel = channel
    this.#listener = listener
    this.#onClose = onClose
  }

  /** Begins to listen. */
  open(): void {
    if (!this.#isClosed) this.#connect()
  }

  renew(): void {
    // Without a connection one is being made.
    if (this.#isClosed || this.#link === undefined) return
    this.#drop(new CacheError('UNAVAILABLE', 'The subscription was renewed'))
    this.open()
  }

  async ping(): Promise<void> {
    const link = this.#isUp ? this.#link : undefined
    if (link === undefined) throw new CacheError('UNAVAILABLE', 'The subscription is not active')
    try {
      await link.ping()
    } catch (cause) {
      throw new CacheError('UNAVAILABLE', 'The server did not answer over the subscription', { cause })
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#isUp = false
    this.#drop(undefined)
    this.#onClose()
  }

  #connect(): void {
    const era = ++this.#era
    const ifCurrent = (act: () => void): void => {
      if (era === this.#era) act()
    }
    const lost = (cause: unknown): void => ifCurrent(() => this.#lose(cause))
    const rise = (): void => ifCurrent(() => this.#rise())
    const link = this.#driver().listen(
      this.#channel,
      message => {
        // The first messages may come before the promise of the subscription has told of itself.
        rise()
        ifCurrent(() => this.#listener.message(plainBytes(message)))
      },
      lost,
    )
    this.#link = link
    const late = new CacheError('TIMEOUT', `The subscription was not active within ${openTimeoutMs} ms`)
    this.#timer = setTimeout(() => lost(late), openTimeoutMs)
    link.ready.then(rise, lost)
  }

  #rise(): void {
    if (this.#isUp) return
    clearTimeout(this.#timer)
    this.#isUp = true
    this.#attempts = 0
    this.#listener.up()
  }

  #lose(cause: unknown): void {
    const wasUp = this.#isUp
    this.#drop(cause)
    if (!wasUp) this.#listener.failed?.(cause)
    // The listener may have closed it.
    if (this.#isClosed) return
    this.#attempts += 1
    this.#timer = setTimeout(() => this.#connect(), reconnectDelayMs(this.#attempts))
  }

  #drop(cause: unknown): void {
    this.#era += 1
    clearTimeout(this.#timer)
    this.#link?.end()
    this.#link = undefined
    if (!this.#isUp) return
    this.#isUp = false
    this.#listener.down(cause)
  }
}
