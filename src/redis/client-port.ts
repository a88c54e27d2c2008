import { abortable } from '../core/abortable.ts'
import { checkSignal } from '../core/check.ts'
import { CacheError } from '../errors.ts'
import { ChannelSubscription } from './channel-subscription.ts'
import type { RedisDriver, SendCommand } from './redis-driver.ts'
import type {
  RedisCallOptions,
  RedisCommand,
  RedisListener,
  RedisNode,
  RedisPort,
  RedisReply,
  RedisSubscription,
} from './redis-port.ts'
import { isRefusal, replyOf } from './reply-of.ts'

/** A {@link RedisPort} over a client: what all of them have in common. */
export class ClientPort implements RedisPort {
  readonly isCluster: boolean
  readonly #driver: RedisDriver
  readonly #subscriptions = new Set<ChannelSubscription>()
  /** The first attempt to connect. */
  #opening: Promise<unknown> | undefined
  #isOpening = false
  #isClosed = false

  constructor(driver: RedisDriver) {
    this.#driver = driver
    this.isCluster = driver.isCluster
  }

  async command(command: RedisCommand, options: RedisCallOptions = {}): Promise<RedisReply> {
    if (!this.#canSend(options)) await this.#connected(options)
    return await abortable(this.#answer(this.#driver.send, command), options.signal)
  }

  async pipeline(
    commands: readonly RedisCommand[],
    options: RedisCallOptions = {},
  ): Promise<readonly (RedisReply | Error)[]> {
    if (!this.#canSend(options)) await this.#connected(options)
    const send = (): Promise<RedisReply | Error>[] =>
      commands.map(command => this.#answer(this.#driver.send, command).catch(refusalOf))
    const answers = Promise.all(this.#driver.together?.(send) ?? send())
    return await abortable(answers, options.signal)
  }

  subscribe(channel: string, listener: RedisListener): RedisSubscription {
    if (this.#isClosed) throw closed()
    const forget = (): boolean => this.#subscriptions.delete(subscription)
    const subscription = new ChannelSubscription(this.#driver, channel, listener, forget)
    this.#subscriptions.add(subscription)
    // A cluster is not asked for its nodes before it is known; else whether the other connection came does not matter.
    const begin = (): void => subscription.open()
    this.#open().then(begin, begin)
    return subscription
  }

  async nodes(options: RedisCallOptions = {}): Promise<readonly RedisNode[]> {
    if (!this.#canSend(options)) await this.#connected(options)
    const nodes = await abortable(this.#driver.nodes(), options.signal).catch(error => this.#fail(error))
    return nodes.map(
      (send): RedisNode => ({
        command: async (command, { signal } = {}) => {
          checkSignal(signal)
          return await abortable(this.#answer(send, command), signal)
        },
      }),
    )
  }

  async database(): Promise<number> {
    return this.#driver.database
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const subscription of this.#subscriptions) await subscription.close()
    if (this.#opening !== undefined) this.#driver.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #canSend({ signal }: RedisCallOptions): boolean {
    if (this.#isClosed) throw closed()
    checkSignal(signal)
    return this.#driver.isReady
  }

  // Waits for the first attempt alone: later on, who comes while there is no connection shall know that at once.
  async #connected({ signal }: RedisCallOptions): Promise<void> {
    const opening = this.#opening === undefined || this.#isOpening ? this.#open() : undefined
    await abortable(opening ?? Promise.resolve(), signal).catch(error => this.#fail(error))
    if (this.#isClosed) throw closed()
    if (!this.#driver.isReady) {
      throw new CacheError('UNAVAILABLE', 'There is no connection to Redis', { cause: this.#driver.lastError })
    }
  }

  async #answer(send: SendCommand, { args, key }: RedisCommand): Promise<RedisReply> {
    try {
      return replyOf(await send(args, key))
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): never {
    if (error instanceof CacheError || isRefusal(error)) throw error
    if (this.#isClosed) throw closed()
    throw new CacheError('UNAVAILABLE', 'Redis cannot be reached, or its connection was lost', { cause: error })
  }

  #open(): Promise<unknown> {
    if (this.#opening === undefined) {
      this.#isOpening = true
      this.#opening = this.#driver.connect()
      const ended = (): void => {
        this.#isOpening = false
      }
      this.#opening.then(ended, ended)
    }
    return this.#opening
  }
}

function refusalOf(error: unknown): Error {
  if (error instanceof Error && isRefusal(error)) return error
  throw error
}

function closed(): CacheError {
  return new CacheError('CLOSED', 'The port to Redis is closed')
}
