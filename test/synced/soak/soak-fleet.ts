import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from 'redis'
import type { Random } from '../../helpers/random.ts'
import { RedisProxy } from '../../helpers/redis-proxy.ts'
import { type RedisServer, startRedis } from '../../helpers/redis-server.ts'
import { openSoakCache } from './open-soak-cache.ts'
import { SoakProcess } from './soak-process.ts'
import { keyNames } from './soak-values.ts'

/** Options of {@link SoakFleet.start}. */
export interface SoakFleetOptions {
  readonly processes: number
  /** The JavaScript of `soak-child.ts`. */
  readonly child: string
  readonly seed: number
  /** The first process is broken on purpose: that is to be found out. */
  readonly isBroken?: boolean | undefined
}

/** A Redis server, a proxy for each process, and the processes. */
export class SoakFleet {
  readonly processes: SoakProcess[] = []
  readonly proxies: RedisProxy[] = []
  readonly problems: string[] = []
  readonly #options: SoakFleetOptions
  #server: RedisServer
  #forks = 0
  #isOver = false

  private constructor(options: SoakFleetOptions, server: RedisServer) {
    this.#options = options
    this.#server = server
  }

  static async start(options: SoakFleetOptions): Promise<SoakFleet> {
    const fleet = new SoakFleet(options, await startRedis())
    for (let i = 0; i < options.processes; i++) fleet.proxies.push(await RedisProxy.start(fleet.#server.port))
    await Promise.all(fleet.proxies.map((_, i) => fleet.#fork(i)))
    return fleet
  }

  /** Sends a command past the proxies; one that a broken server does not take is not sent. */
  async command(...args: readonly string[]): Promise<void> {
    await this.#ask(args)
  }

  /** Kills one connection of any kind. */
  async killClient(random: Random): Promise<void> {
    const list = String((await this.#ask(['CLIENT', 'LIST'])) ?? '')
    const ids = [...list.matchAll(/^id=(\d+)/gm)].map(([, id]) => id!)
    if (ids.length > 0) await this.command('CLIENT', 'KILL', 'ID', random.pick(ids))
  }

  /** The server is gone for `pauseMs`, and comes back with nothing. */
  async restartServer(pauseMs: number): Promise<void> {
    await this.#server.stop()
    await sleep(pauseMs)
    this.#server = await startRedis()
    for (const proxy of this.proxies) proxy.target = this.#server.port
  }

  /** Kills a process in the middle of what it does, and starts another. */
  async replace(index: number): Promise<void> {
    await this.processes[index]!.kill()
    await this.#fork(index)
    if (!this.#isOver) await this.processes[index]!.load()
  }

  /** All is well again, from the moment that this resolves. */
  async heal(): Promise<void> {
    for (const proxy of this.proxies) {
      proxy.heal()
      await proxy.accept()
    }
    await this.command('CLIENT', 'UNPAUSE')
  }

  /** What Redis holds now, read by a cache that knows nothing yet. */
  async truth(): Promise<(string | null)[]> {
    const redis = createClient({ url: this.#server.url })
    redis.on('error', () => undefined)
    await redis.connect()
    const cache = await openSoakCache(redis)
    try {
      const found = await cache.getMany(keyNames)
      return keyNames.map(key => found.get(key) ?? null)
    } finally {
      await cache.close()
      redis.destroy()
    }
  }

  async close(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.processes.map(each => each.end()))
    for (const proxy of this.proxies) await proxy[Symbol.asyncDispose]()
    await this.#server.stop()
  }

  async #fork(index: number): Promise<void> {
    const { child, seed, isBroken = false } = this.#options
    // One of several only reads.
    const role = index > 1 && index === this.proxies.length - 1 ? 'reader' : 'p'
    const args = [this.proxies[index]!.url, `${role}${index}.${this.#forks}`, String(seed + this.#forks++)]
    if (isBroken && index === 0) args.push('deaf')
    const started = new SoakProcess(child, args, text => void (this.problems.length < 30 && this.problems.push(text)))
    this.processes[index] = started
    await started.ready
  }

  async #ask(args: readonly string[]): Promise<unknown> {
    const redis = createClient({ url: this.#server.url, socket: { reconnectStrategy: false } })
    redis.on('error', () => undefined)
    try {
      await redis.connect()
      return await redis.sendCommand([...args])
    } catch {
      // A killed connection may be this one.
      return undefined
    } finally {
      if (redis.isOpen) redis.destroy()
    }
  }
}
