import type { RedisPortHandle } from '../../src/contract/index.ts'
import type { RedisPort } from '../../src/redis/index.ts'
import { freePort, type RedisServer, startRedis } from '../helpers/redis-server.ts'

/** A server that is stopped and started again at one address. */
export class RedisBox {
  readonly port: number
  #server: RedisServer | undefined
  #isPaused = false

  private constructor(port: number) {
    this.port = port
  }

  static async open(): Promise<RedisBox> {
    const box = new RedisBox(await freePort())
    await box.start()
    return box
  }

  async start(): Promise<void> {
    if (this.#server === undefined) this.#server = await startRedis({ port: this.port })
  }

  async stop(): Promise<void> {
    await this.#server?.stop()
    this.#server = undefined
    this.#isPaused = false
  }

  pause(): void {
    this.#isPaused = true
    this.#server?.pause()
  }

  /** A port over this server, for the contract. */
  async handle(port: RedisPort): Promise<RedisPortHandle> {
    if (this.#isPaused) await this.stop()
    await this.start()
    return {
      port,
      stop: () => this.stop(),
      start: () => this.start(),
      pause: () => this.pause(),
      close: () => port.close(),
    }
  }
}
