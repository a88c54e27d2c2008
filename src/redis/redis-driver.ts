import type { RedisArgument } from './redis-port.ts'

/** A connection that hears a channel. */
export interface ChannelLink {
  /** Resolves when the subscription is active, rejects where it cannot be had. */
  readonly ready: Promise<unknown>
  /** Settles as the server answers over this connection, behind all messages that it sent before. */
  ping(): Promise<unknown>
  /** Ends the connection; ending twice does nothing. */
  end(): void
}

/** A link that never came about. */
export function noLink(cause: Error): ChannelLink {
  return { ready: Promise.reject(cause), ping: () => Promise.reject(cause), end() {} }
}

/** Sends one command, at once and in the order of the calls; settles as the client does. */
export type SendCommand = (args: readonly RedisArgument[], key: string | undefined) => Promise<unknown>

/** What is different from client to client: all that a `ClientPort` needs of one. */
export interface RedisDriver {
  readonly isCluster: boolean
  readonly database: number
  /** Whether a command would be sent now, rather than wait for a connection. */
  readonly isReady: boolean
  /** What the client told last of its connection. */
  readonly lastError: unknown
  /**
   * Begins to connect, and connects again after each loss until `close`. Settles as the first attempt ends. Is called
   * once.
   */
  connect(): Promise<unknown>
  readonly send: SendCommand
  /** Brackets commands that should go in one piece, where the client does not do that by itself. */
  together?<T>(send: () => T): T
  /** One for each node that holds keys. */
  nodes(): Promise<readonly SendCommand[]>
  /** Opens a connection of its own that hears `channel`; `lost` tells that it ended, at least once. Never throws. */
  listen(channel: string, message: (bytes: Uint8Array) => void, lost: (cause: unknown) => void): ChannelLink
  /** Ends the connections for commands; those that hear channels have ends of their own. */
  close(): void
}

const minDelayMs = 50
// A process shall be in step again within a second of the return of Redis.
const maxDelayMs = 500

/** How long to wait before attempt `attempt` (1, 2, 3 ...) to connect again: longer each time, and never for all at once. */
export function reconnectDelayMs(attempt: number, random: () => number = Math.random): number {
  return Math.min(maxDelayMs, minDelayMs * 2 ** Math.min(attempt - 1, 16)) * (0.5 + 0.5 * random())
}

/** What clients take for bytes. */
export interface NodeBuffer extends Uint8Array {
  readonly isBuffer?: never
}

interface BufferMaker {
  from(bytes: Uint8Array): NodeBuffer
}

/** The class of bytes that all clients of Redis for Node know; there is none where they cannot run. */
export const bufferClass: BufferMaker | undefined = (globalThis as { readonly Buffer?: BufferMaker }).Buffer

/** `args` as clients take them. Bytes are copied: they are the caller's again when a deadline ends his wait. */
export function clientArguments(args: readonly RedisArgument[]): (string | NodeBuffer)[] {
  return args.map(each => (typeof each === 'string' ? each : bufferClass!.from(each)))
}
