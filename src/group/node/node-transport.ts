import http from 'node:http'
import https from 'node:https'
import { checkBoolean, checkInteger, checkOneOf, checkOptionNames } from '../../core/check.ts'
import { defaultMaxBodyBytes } from '../endpoint.ts'
import { parsePeerAddress } from '../peer-address.ts'
import { RequestSigner, type Secret } from '../signing.ts'
import type { Peer, Transport } from '../transport.ts'
import { checkBasePath, defaultBasePath, type PathRules } from '../wire/target.ts'
import { NodePeer } from './node-peer.ts'
import { clientTls, type NodeTls } from './node-tls.ts'

/** Options of {@link nodeTransport}. Times are in milliseconds. */
export interface NodeTransportOptions extends PathRules {
  /** Reaches `host:port` by TLS. A name that is a base URL says itself whether. @default plain HTTP */
  readonly tls?: NodeTls | undefined
  /** Signs requests; the first of several does. See `EndpointOptions.secret`. */
  readonly secret?: Secret | readonly Secret[] | undefined
  /** The deadline of a call whose signal does not end it before, over connect, head and body. @default 5_000 */
  readonly timeoutMs?: number | undefined
  /** The largest answer, as received and with its content coding undone. @default 65 MiB */
  readonly maxAnswerBytes?: number | undefined
  /** HTTP connections to one peer. @default 16 */
  readonly maxConnections?: number | undefined
  /** Calls to one peer at once, those that wait for a connection among them; one more is refused. @default 10_000 */
  readonly maxCalls?: number | undefined
  /** How long a connection without a call is kept. Shorter than servers keep theirs. @default 30_000 */
  readonly idleTimeoutMs?: number | undefined
  /** Whether peers of ours are asked for a link (docs/PROTOCOL.md, "Links"). @default true */
  readonly link?: boolean | undefined
  /** The time in milliseconds since 1970, for signatures. @default Date.now */
  readonly clock?: (() => number) | undefined
}

const optionNames = [
  'basePath',
  'escaping',
  'tls',
  'secret',
  'timeoutMs',
  'maxAnswerBytes',
  'maxConnections',
  'maxCalls',
  'idleTimeoutMs',
  'link',
  'clock',
]

/**
 * Reaches peers from Node: Go's by HTTP/1.1 with raw request targets, so that every key arrives byte by byte, ours by one
 * link each as soon as they show that they have it. No redirects, no proxies; every call has a deadline and a byte cap.
 */
export function nodeTransport(options: NodeTransportOptions = {}): Transport {
  checkOptionNames(options, optionNames)
  const {
    tls,
    secret,
    timeoutMs = 5_000,
    maxAnswerBytes = defaultMaxBodyBytes,
    maxConnections = 16,
    maxCalls = 10_000,
    idleTimeoutMs = 30_000,
    link = true,
    basePath = defaultBasePath,
    escaping = 'path',
    clock,
  } = options
  const numbers = { timeoutMs, maxAnswerBytes, maxConnections, maxCalls, idleTimeoutMs }
  for (const [name, value] of Object.entries(numbers)) checkInteger(name, value, 1)
  checkBoolean('link', link)
  checkBasePath(basePath)
  checkOneOf('escaping', escaping, ['path', 'query'])
  const rules = { basePath, escaping }
  const secure = clientTls(tls ?? {})
  const signer = secret === undefined ? undefined : new RequestSigner(secret, { clock })
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
      return new NodePeer({
        address,
        where,
        agent,
        secure,
        rules,
        signer,
        timeoutMs,
        maxAnswerBytes,
        maxCalls,
        idleTimeoutMs,
        link,
      })
    },
  }
}
