import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { ProxyConnection } from './redis-proxy-connection.ts'

/** A pub/sub message on its way to a client. */
export interface ProxiedMessage {
  readonly connection: ProxyConnection
  readonly channel: string
  readonly payload: Buffer
}

/** Which way bytes are held back: `toServer` is what clients send. */
export type StallDirection = 'toServer' | 'toClient' | 'both'

/** Which connections a fault is for. */
export type Which = (connection: ProxyConnection) => boolean

const all: Which = () => true

/** What goes wrong now; connections look at it for all that passes. */
export interface ProxyFaults {
  /** Each way takes so much longer; order stays. */
  latencyMs: number
  /**
   * When a message is delivered, in milliseconds from now: `[]` never, `[0]` as it comes, `[0, 0]` twice, `[30]` late, after
   * others that were published later. Only those with `[0]` keep their place among the replies.
   */
  deliver: ((message: ProxiedMessage) => readonly number[]) | undefined
  /** What every command is answered with; none gets to the server. */
  answer: ((command: readonly Buffer[]) => Buffer) | undefined
}

/** Stands between clients and a Redis server and does what networks and sick servers do. Faults may change at any time. */
export class RedisProxy implements ProxyFaults {
  latencyMs = 0
  deliver: ProxyFaults['deliver']
  answer: ProxyFaults['answer']
  readonly port: number
  /** The port of the server to which new connections go. */
  target: number
  /** How many connections were taken since the start. */
  accepted = 0
  /** How many commands of each name came, in capitals. Scripts count as one. */
  readonly commands = new Map<string, number>()
  readonly #connections = new Set<ProxyConnection>()
  readonly #stalls = new Map<object, readonly [StallDirection, Which]>()
  #server: Server | undefined

  private constructor(target: number, port: number, server: Server) {
    this.target = target
    this.port = port
    this.#adopt(server)
  }

  /** Listens on a free port of the loopback address for a server on port `target` of it. */
  static async start(target: number): Promise<RedisProxy> {
    const server = await listen(0)
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('The proxy has no port')
    return new RedisProxy(target, address.port, server)
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#connections.size
  }

  /** How many commands came in all. */
  get commandCount(): number {
    return [...this.commands.values()].reduce((sum, count) => sum + count, 0)
  }

  /** Resets connections; gives how many. */
  cut(which: Which = all): number {
    const chosen = [...this.#connections].filter(which)
    for (const connection of chosen) connection.destroy()
    return chosen.length
  }

  /** Holds bytes back, also those of connections to come, until what it gives is called. */
  stall(direction: StallDirection = 'both', which: Which = all): () => void {
    const stall = {}
    this.#stalls.set(stall, [direction, which])
    this.#look()
    return () => {
      this.#stalls.delete(stall)
      this.#look()
    }
  }

  /** Nobody listens any more: connections are reset, new ones refused. */
  async refuse(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    const closed = server && new Promise(resolve => server.close(resolve))
    this.cut()
    await closed
  }

  /** Listens again. */
  async accept(): Promise<void> {
    if (this.#server === undefined) this.#adopt(await listen(this.port))
  }

  /** Ends all faults but refusal. */
  heal(): void {
    this.latencyMs = 0
    this.deliver = undefined
    this.answer = undefined
    this.#stalls.clear()
    this.#look()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.refuse()
  }

  #adopt(server: Server): void {
    this.#server = server
    server.on('connection', socket => this.#connect(socket))
  }

  #connect(socket: Socket): void {
    this.accepted++
    const connection: ProxyConnection = new ProxyConnection(this.accepted, socket, this.target, {
      faults: this,
      isStalled: (direction, of) =>
        [...this.#stalls.values()].some(([way, which]) => (way === 'both' || way === direction) && which(of)),
      onCommand: name => void this.commands.set(name, (this.commands.get(name) ?? 0) + 1),
      onClose: () => void this.#connections.delete(connection),
    })
    this.#connections.add(connection)
  }

  #look(): void {
    for (const connection of this.#connections) connection.flush()
  }
}

async function listen(port: number): Promise<Server> {
  const server = createServer({ noDelay: true }).listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}
