import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import https from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { checkInteger, checkOptionNames } from '../../core/check.ts'
import { CacheError } from '../../errors.ts'
import { Endpoint, type EndpointOptions, endpointOptionNames } from '../endpoint.ts'
import type { PeerService } from '../peer-service.ts'
import { acceptLink } from './accept-link.ts'
import type { ServedLink } from './link-server.ts'
import { handleRequest } from './node-handler.ts'
import { type NodeTls, serverTls } from './node-tls.ts'

/** Limits of a {@link GroupServer}. Times are in milliseconds. */
export interface ServerLimits {
  /** Request line and headers together; above it 431. @default 16_384 */
  readonly maxHeaderBytes?: number | undefined
  /** How long a request's headers may take. @default 10_000 */
  readonly headersTimeoutMs?: number | undefined
  /** How long a whole request may take to arrive. @default 30_000 */
  readonly requestTimeoutMs?: number | undefined
  /** How long a connection without a request is kept. Longer than clients keep theirs. @default 65_000 */
  readonly keepAliveTimeoutMs?: number | undefined
  /** Connections at once; further ones are closed unanswered. @default 1024 */
  readonly maxConnections?: number | undefined
  /** Calls under way on one link, above which nothing more is read from it. @default 1024 */
  readonly maxLinkCalls?: number | undefined
  /** How long a link without a call is kept. @default 300_000 */
  readonly linkIdleMs?: number | undefined
  /** How long `close` waits for what is under way. @default 5_000 */
  readonly closeTimeoutMs?: number | undefined
}

/** Options of {@link GroupServer.listen}. */
export interface GroupServerOptions extends EndpointOptions {
  /** What one client, or all together, may use. */
  readonly limits?: ServerLimits | undefined
  /** Serves HTTPS; needs `cert` and `key`. @default plain HTTP */
  readonly tls?: NodeTls | undefined
  /** Whether nodes of ours may switch to a link (docs/PROTOCOL.md, "Links"). @default true */
  readonly link?: boolean | undefined
}

type Limits = { -readonly [Name in keyof ServerLimits]-?: number }

const defaults: Limits = {
  maxHeaderBytes: 16_384,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 65_000,
  maxConnections: 1024,
  maxLinkCalls: 1024,
  linkIdleMs: 300_000,
  closeTimeoutMs: 5_000,
}

/** The names of {@link GroupServerOptions}. */
export const groupServerOptionNames: readonly (keyof GroupServerOptions)[] = [
  ...endpointOptionNames,
  'limits',
  'tls',
  'link',
]

/** An HTTP server that answers the other nodes, by HTTP and by links, within limits. */
export class GroupServer {
  /** Where it listens, as `host:port`. */
  readonly address: string
  readonly #server: Server
  readonly #endpoint: Endpoint
  readonly #sockets = new Set<Socket>()
  readonly #responses = new Set<ServerResponse>()
  readonly #links = new Set<ServedLink>()
  readonly #limits: Limits
  #closed: Promise<void> | undefined

  private constructor(server: Server, endpoint: Endpoint, limits: Limits, accepts: boolean) {
    this.#server = server
    this.#endpoint = endpoint
    this.#limits = limits
    this.address = addressOf(server.address())
    server.on('connection', socket => this.#watch(socket))
    server.on('request', (request, response) => this.#answer(request, response))
    server.on('clientError', refuse)
    // A failed accept or handshake is the other side's affair.
    server.on('error', () => {})
    if (accepts) server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
  }

  /**
   * Listens on `host:port`; port 0 lets the system choose. Rejects with `LISTEN_FAILED` where it cannot.
   * @param node what answers; a `GroupCache` is one
   */
  static async listen(
    address: string,
    node: { readonly service: PeerService },
    options: GroupServerOptions = {},
  ): Promise<GroupServer> {
    const { limits: given = {}, tls, link = true, ...rest } = options
    const limits = checkLimits(given)
    const endpoint = new Endpoint(node, rest)
    const { host, port } = parseListenAddress(address)
    const settings = {
      maxHeaderSize: limits.maxHeaderBytes,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: Math.max(limits.requestTimeoutMs, limits.headersTimeoutMs),
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      // Node looks for late requests only this often.
      connectionsCheckingInterval: Math.min(1000, Math.ceil(limits.headersTimeoutMs / 2)),
    }
    const server =
      tls === undefined
        ? http.createServer(settings)
        : https.createServer({ ...settings, ...serverTls(tls), handshakeTimeout: limits.headersTimeoutMs })
    server.maxConnections = limits.maxConnections
    await bind(server, host, port, address)
    return new GroupServer(server, endpoint, limits, link)
  }

  /**
   * Takes no more connections, answers what is under way, then closes what is left after `closeTimeoutMs`. Closing twice
   * succeeds.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    const over = new Promise<void>(resolve => this.#server.close(() => resolve()))
    this.#server.closeIdleConnections()
    for (const response of this.#responses) response.shouldKeepAlive = false
    for (const link of this.#links) void link.drain()
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy()
    }, this.#limits.closeTimeoutMs)
    await over
    clearTimeout(timer)
  }

  #watch(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    // One that was accepted just before the end of listening, on a connection that was kept.
    if (this.#closed !== undefined) response.shouldKeepAlive = false
    this.#responses.add(response)
    response.on('close', () => this.#responses.delete(response))
    handleRequest(this.#endpoint, request, response, undefined)
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Uint8Array): void {
    socket.on('error', () => socket.destroy())
    void acceptLink({
      request,
      socket,
      head,
      endpoint: this.#endpoint,
      isClosing: () => this.#closed !== undefined,
      maxCalls: this.#limits.maxLinkCalls,
      idleMs: this.#limits.linkIdleMs,
      links: this.#links,
    })
  }
}

function checkLimits(given: ServerLimits): Limits {
  checkOptionNames(given, Object.keys(defaults))
  const limits: Limits = { ...defaults }
  for (const name of Object.keys(defaults) as (keyof Limits)[]) {
    const value = given[name] ?? defaults[name]
    checkInteger(`limits.${name}`, value, 1)
    limits[name] = value
  }
  return limits
}

function bind(server: Server, host: string | undefined, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void =>
      reject(new CacheError('LISTEN_FAILED', `Cannot listen on ${address}`, { cause }))
    server.once('error', fail)
    server.listen({ port, host }, () => {
      server.off('error', fail)
      resolve()
    })
  })
}

const listenForm = /^([^\s[\]/:]*|\[[0-9A-Fa-f:.]+\]):(\d{1,5})$/

// An empty host is every interface, as in Go.
function parseListenAddress(address: string): { host: string | undefined; port: number } {
  if (typeof address !== 'string') throw new TypeError(`Address must be a string, received ${typeof address}`)
  const [, name, digits] = listenForm.exec(address) ?? []
  const port = Number(digits)
  if (name === undefined || port > 65_535) {
    throw new CacheError('LISTEN_FAILED', `Cannot listen: wanted host:port, found ${JSON.stringify(address)}`)
  }
  const host = name.startsWith('[') ? name.slice(1, -1) : name
  return { host: host === '' ? undefined : host, port }
}

function addressOf(bound: AddressInfo | string | null): string {
  if (bound === null || typeof bound === 'string') return String(bound)
  return bound.family === 'IPv6' ? `[${bound.address}]:${bound.port}` : `${bound.address}:${bound.port}`
}

const refusals: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

// How long who sent no proper request may take to read why it is refused.
const refusalMs = 1_000

// A request that is no HTTP, or came too slowly.
function refuse(error: Error & { readonly code?: string }, socket: Duplex): void {
  const code = error.code ?? ''
  // Others are those of the connection and of TLS: nothing can be said there.
  if (!socket.writable || !/^(?:HPE|ERR_HTTP)_/.test(code)) {
    socket.destroy()
    return
  }
  const status = refusals[code] ?? '400 Bad Request'
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy())
  setTimeout(() => socket.destroy(), refusalMs).unref()
}
