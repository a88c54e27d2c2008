import http from 'node:http'
import https from 'node:https'
import { checkBoolean, checkInteger, checkOptionNames } from '../../core/check.ts'
import { type HttpClientOptions, httpClientOptionNames, resolveHttpClientOptions } from '../http-client-options.ts'
import { parsePeerAddress } from '../peer-address.ts'
import type { Peer, Transport } from '../transport.ts'
import { NodePeer } from './node-peer.ts'
import { clientTls, type NodeTls } from './node-tls.ts'

/** Options of {@link nodeTransport}. Times are in milliseconds. */
export interface NodeTransportOptions extends HttpClientOptions {
  /** Reaches `host:port` by TLS. A name that is a base URL says itself whether. @default plain HTTP */
  readonly tls?: NodeTls | undefined
  /** HTTP connections to one peer. @default 16 */
  readonly maxConnections?: number | undefined
  /** Calls to one peer at once, those that wait for a connection among them; one more is refused. @default 10_000 */
  readonly maxCalls?: number | undefined
  /** How long a connection without a call is kept. Shorter than servers keep theirs. @default 30_000 */
  readonly idleTimeoutMs?: number | undefined
  /** Whether peers of ours are asked for a link (docs/PROTOCOL.md, "Links"). @default true */
  readonly link?: boolean | undefined
}

const optionNames = [...httpClientOptionNames, 'tls', 'maxConnections', 'maxCalls', 'idleTimeoutMs', 'link'] as const

/**
 * Reaches peers from Node: Go's by HTTP/1.1 with raw request targets, so that every key arrives byte by byte, ours by one
 * link each as soon as they show that they have it. No redirects, no proxies; every call has a deadline and a byte cap.
 */
export function nodeTransport(options: NodeTransportOptions = {}): Transport {
  checkOptionNames(options, optionNames)
  const { tls, maxConnections = 16, maxCalls = 10_000, idleTimeoutMs = 30_000, link = true } = options
  for (const [name, value] of Object.entries({ maxConnections, maxCalls, idleTimeoutMs })) checkInteger(name, value, 1)
  checkBoolean('link', link)
  const settings = resolveHttpClientOptions(options)
  const secure = clientTls(tls ?? {})
  return {
    connect(address: string): Peer {
      const where = parsePeerAddress(address, tls !== undefined)
      const pool = {
        keepAlive: true,
        maxSockets: maxConnections,
        maxFreeSockets: maxConnections,
        timeout: idleTimeoutMs,
      }
      const agent = where.isSecure ? new https.Agent({ ...pool, ...secure }) : new http.Agent(pool)
      return new NodePeer({ ...settings, address, where, agent, secure, maxCalls, idleTimeoutMs, link })
    },
  }
}
