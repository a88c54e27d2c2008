import { connect, type Socket } from 'node:net'
import type { ProxyFaults } from './redis-proxy.ts'
import { bulksOf, RespFrames } from './resp-frames.ts'

/** What a connection asks and tells its proxy. */
export interface ProxyHost {
  readonly faults: ProxyFaults
  isStalled(direction: 'toServer' | 'toClient', connection: ProxyConnection): boolean
  onCommand(name: string): void
  onClose(): void
}

/** Bytes one way, in order: held while stalled, late by the latency. */
class Pipe {
  readonly #target: Socket
  readonly #isStalled: () => boolean
  readonly #held: Buffer[] = []
  readonly #late: Buffer[] = []
  #dueMs = 0

  constructor(target: Socket, isStalled: () => boolean) {
    this.#target = target
    this.#isStalled = isStalled
  }

  send(bytes: Buffer, latencyMs: number): void {
    if (latencyMs === 0 && this.#late.length === 0) {
      this.deliver(bytes)
      return
    }
    // What was sent later never comes earlier, also when the latency shrinks.
    this.#dueMs = Math.max(this.#dueMs, performance.now() + latencyMs)
    this.#late.push(bytes)
    // The first of them, not these: timers know whole milliseconds only, and the later may come first.
    setTimeout(() => this.deliver(this.#late.shift()!), this.#dueMs - performance.now())
  }

  deliver(bytes: Buffer): void {
    this.#held.push(bytes)
    this.flush()
  }

  flush(): void {
    if (this.#isStalled() || this.#target.destroyed) return
    for (const bytes of this.#held.splice(0)) this.#target.write(bytes)
  }
}

/** One client at the proxy, and its connection to the server. */
export class ProxyConnection {
  /** The first is 1. */
  readonly id: number
  /** It asked for a channel. */
  isSubscriber = false
  readonly #host: ProxyHost
  readonly #client: Socket
  readonly #server: Socket
  readonly #toServer: Pipe
  readonly #toClient: Pipe
  readonly #commands = new RespFrames()
  readonly #replies = new RespFrames()

  constructor(id: number, client: Socket, port: number, host: ProxyHost) {
    this.id = id
    this.#host = host
    this.#client = client
    this.#server = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#toServer = new Pipe(this.#server, () => host.isStalled('toServer', this))
    this.#toClient = new Pipe(client, () => host.isStalled('toClient', this))
    client.on('data', chunk => this.#fromClient(chunk))
    this.#server.on('data', chunk => this.#fromServer(chunk))
    for (const socket of [client, this.#server]) {
      socket.on('error', () => this.destroy())
      socket.on('close', () => this.destroy())
    }
  }

  flush(): void {
    this.#toServer.flush()
    this.#toClient.flush()
  }

  /** Resets both sides. */
  destroy(): void {
    this.#host.onClose()
    if (!this.#client.destroyed) this.#client.resetAndDestroy()
    if (!this.#server.destroyed) this.#server.destroy()
  }

  #fromClient(chunk: Buffer): void {
    const { faults } = this.#host
    for (const frame of this.#commands.push(chunk)) {
      const command = bulksOf(frame) ?? []
      const name = command[0]?.toString('latin1').toUpperCase() ?? ''
      this.#host.onCommand(name)
      if (/^[PS]?SUBSCRIBE$/.test(name)) this.isSubscriber = true
      if (faults.answer === undefined) this.#toServer.send(frame, faults.latencyMs)
      else this.#toClient.send(faults.answer(command), faults.latencyMs)
    }
  }

  #fromServer(chunk: Buffer): void {
    const { faults } = this.#host
    for (const frame of this.#replies.push(chunk)) {
      const message = this.isSubscriber && faults.deliver !== undefined ? messageOf(frame) : undefined
      const delays = message && faults.deliver?.({ connection: this, ...message })
      for (const delayMs of delays ?? [0]) {
        if (delayMs === 0) this.#toClient.send(frame, faults.latencyMs)
        else setTimeout(() => this.#toClient.deliver(frame), delayMs)
      }
    }
  }
}

// RESP2 sends messages as arrays, RESP3 as pushes; the elements are the same.
function messageOf(frame: Buffer): { channel: string; payload: Buffer } | undefined {
  const [kind, ...rest] = bulksOf(frame) ?? []
  const [channel, payload] = kind?.toString() === 'pmessage' ? rest.slice(1) : rest
  const isMessage = ['message', 'smessage', 'pmessage'].includes(kind?.toString() ?? '')
  return isMessage && channel && payload ? { channel: channel.toString(), payload } : undefined
}
