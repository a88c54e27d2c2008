import { abortable } from '../core/abortable.ts'
import { checkSignal } from '../core/check.ts'
import { withDeadline } from '../core/deadline.ts'
import { CacheError } from '../errors.ts'
import { ChannelSubscription } from './channel-subscription.ts'
import { notConnected } from './not-connected.ts'
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

const connectTimeoutMs = 5000
const noOptions: RedisCallOptions = {}

/** A {@link RedisPort} over a client: what all of them have in common. */
export class ClientPort implements RedisPort {
  readonly isCluster: boolean
  readonly database: number
  readonly #newDriver: () => RedisDriver
  #driver: RedisDriver
  readonly #subscriptions = new Set<ChannelSubscription>()
  /** The first attempt to connect. */
  #opening: Promise<unknown> | undefined
  #isOpening = false
  #isClosed = false

  constructor(newDriver: () => RedisDriver) {
    const driver = newDriver()
    this.#newDriver = newDriver
    this.#driver = driver
    this.isCluster = driver.isCluster
    this.database = driver.database
  }

  get isReady(): boolean {
    return this.#driver.isReady
  }

  command(command: RedisCommand, options: RedisCallOptions = noOptions): Promise<RedisReply> {
    const { signal } = options
    // Nearly every call, with as few promises as can be.
    if (!this.#isClosed && this.#driver.isReady && signal === undefined) return this.#answer(this.#driver.send, command)
    return this.#commandWhenReady(command, options)
  }

  async #commandWhenReady(command: RedisCommand, options: RedisCallOptions): Promise<RedisReply> {
    let sent = command
    if (!this.#canSend(options)) {
      sent = copyOf(command)
      await this.#connected(options)
    }
    return await abortable(this.#answer(this.#driver.send, sent), options.signal)
  }

  async pipeline(
    commands: readonly RedisCommand[],
    options: RedisCallOptions = {},
  ): Promise<readonly (RedisReply | Error)[]> {
    let sent = commands
    if (!this.#canSend(options)) {
      sent = commands.map(copyOf)
      await this.#connected(options)
    }
    const send = (): Promise<RedisReply | Error>[] =>
      sent.map(command => this.#answer(this.#driver.send, command).catch(refusalOf))
    const answers = Promise.all(this.#driver.together?.(send) ?? send())
    return await abortable(answers, options.signal)
  }

  subscribe(channel: string, listener: RedisListener): RedisSubscription {
    if (this.#isClosed) throw closed()
    const forget = (): boolean => this.#subscriptions.delete(subscription)
    const subscription = new ChannelSubscription(() => this.#driver, channel, listener, forget)
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

  renew(): void {
    // Without a connection one is being made.
    if (this.#isClosed || !this.#driver.isReady) return
    const old = this.#driver
    this.#driver = this.#newDriver()
    this.#opening = undefined
    old.close()
    this.#open().catch(() => undefined)
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
    if (this.#opening === undefined || this.#isOpening)
      await abortable(
        this.#open().catch(() => undefined),
        signal,
      )
    if (this.#isClosed) throw closed()
    if (!this.#driver.isReady) throw notConnected(this.#driver.lastError)
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
      // A server that takes connections but does not answer must not be waited for; the client goes on by itself.
      const driver = this.#driver
      const opening = withDeadline('The connection to Redis', connectTimeoutMs, undefined, () => driver.connect())
      const ended = (): void => {
        if (this.#opening === opening) this.#isOpening = false
      }
      this.#opening = opening
      opening.then(ended, ended)
    }
    return this.#opening
  }
}

// For a call that waits until it can be sent: the bytes are the caller's again as soon as it is made.
function copyOf(command: RedisCommand): RedisCommand {
  return { ...command, args: command.args.map(each => (typeof each === 'string' ? each : new Uint8Array(each))) }
}

function refusalOf(error: unknown): Error {
  if (error instanceof Error && isRefusal(error)) return error
  throw error
}

function closed(): CacheError {
  return new CacheError('CLOSED', 'The port to Redis is closed')
}
