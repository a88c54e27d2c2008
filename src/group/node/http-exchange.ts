import http, { type ClientRequest, type IncomingMessage } from 'node:http'
import https from 'node:https'
import type { Duplex } from 'node:stream'
import type { ConnectionOptions } from 'node:tls'
import { abortedBy } from '../../core/abortable.ts'
import { CacheError } from '../../errors.ts'
import type { ExchangeRequest } from '../http-peer.ts'
import type { PeerAddress } from '../peer-address.ts'
import { Refusal } from '../refusal.ts'
import type { HttpAnswer } from '../wire/http-message.ts'
import { decodeContent } from './decode-content.ts'
import { plainBytes } from './plain-bytes.ts'

/** What bounds an exchange. */
export interface ExchangeLimits {
  /** `false` for a connection of its own. */
  readonly agent: http.Agent | false
  readonly secure: ConnectionOptions
  /** For connect, request, head and body together. */
  readonly timeoutMs: number
  /** Of the body, as received and with its coding undone. */
  readonly maxAnswerBytes: number
  readonly signal: AbortSignal | undefined
  /** Holds what ends the exchange, while it runs. */
  readonly running: Set<(reason: Error) => void>
}

/** Rejects an exchange whose connection was used before and was closed before the first byte of an answer. */
export class StaleConnectionError extends Refusal {
  override readonly name: string = 'StaleConnectionError'
}

const maxHeaderBytes = 16 * 1024
// Interim answers (1xx) carry nothing for us; Node does not count them.
const maxInterimAnswers = 16

/** Makes one request and reads its answer. Rejects with `TIMEOUT`, `ABORTED`, {@link StaleConnectionError} or `PEER_FAILED`. */
export async function exchange(
  peer: PeerAddress,
  request: ExchangeRequest,
  limits: ExchangeLimits,
): Promise<HttpAnswer> {
  const { maxAnswerBytes } = limits
  const answer = await send<HttpAnswer>(peer, request, limits, (sent, settle) => {
    sent.on('response', response => readBody(response, maxAnswerBytes, settle))
    // Nobody asked for another protocol.
    sent.on('upgrade', (_response, socket) => {
      socket.destroy()
      settle(new CacheError('PEER_FAILED', 'A peer changed the protocol unasked'))
    })
  })
  const coding = answer.headers['content-encoding']
  if (coding === undefined) return answer
  return { ...answer, body: await decodeContent(answer.body, coding, maxAnswerBytes) }
}

/** A connection that the peer switched to another protocol. */
export interface UpgradedConnection {
  readonly socket: Duplex
  readonly head: Uint8Array
  readonly headers: Readonly<Record<string, string>>
}

/** Asks for another protocol; `undefined` if the peer answers in HTTP. Rejects as {@link exchange} does. */
export function upgrade(
  peer: PeerAddress,
  request: ExchangeRequest,
  limits: ExchangeLimits,
): Promise<UpgradedConnection | undefined> {
  return send<UpgradedConnection | undefined>(peer, request, limits, (sent, settle) => {
    sent.on('upgrade', (response, socket, head) => {
      // Node has taken its own listener away; until the next owner listens, an error would end the process.
      socket.on('error', () => socket.destroy())
      settle({ socket, head, headers: headersOf(response) })
    })
    sent.on('response', response => {
      response.destroy()
      settle(undefined)
    })
  })
}

type Settle<T> = (result: T | Error) => void

function send<T>(
  peer: PeerAddress,
  { method, target, headers, body }: ExchangeRequest,
  { agent, secure, timeoutMs, signal, running }: ExchangeLimits,
  listen: (sent: ClientRequest, settle: Settle<T>) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const length = method === 'PUT' || method === 'POST' ? { 'content-length': `${body.byteLength}` } : {}
    const { host, port, isSecure } = peer
    const options = {
      host,
      port,
      method,
      path: target,
      agent,
      headers: { ...headers, ...length },
      maxHeaderSize: maxHeaderBytes,
    }
    const sent = isSecure ? https.request({ ...options, ...secure }) : http.request(options)
    let isSettled = false
    const settle: Settle<T> = result => {
      if (isSettled) return
      isSettled = true
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      running.delete(settle)
      if (!(result instanceof Error)) return resolve(result)
      sent.destroy()
      reject(result)
    }
    const abort = (): void => settle(abortedBy(signal))
    const timer = setTimeout(
      () => settle(new CacheError('TIMEOUT', `A peer did not answer in ${timeoutMs} ms`)),
      timeoutMs,
    )
    signal?.addEventListener('abort', abort, { once: true })
    running.add(settle)
    let interim = 0
    sent.on('information', () => {
      if (++interim > maxInterimAnswers) settle(new CacheError('PEER_FAILED', 'A peer sent only interim answers'))
    })
    // After the end there may be more than one, and an error without a listener would end the process.
    sent.on('error', cause => {
      const isUnanswered = interim === 0 && isClosedConnection(cause)
      const closed = ['The connection was closed before the answer', { cause }] as const
      if (isUnanswered && sent.reusedSocket) return settle(new StaleConnectionError(...closed))
      settle(failed('Cannot get an answer of a peer', isUnanswered ? new Refusal(...closed) : cause))
    })
    sent.on('close', () => settle(failed('Cannot get an answer of a peer', new Error('The connection was closed'))))
    listen(sent, settle)
    sent.end(body)
  })
}

function readBody(response: IncomingMessage, maxBytes: number, settle: Settle<HttpAnswer>): void {
  const tooLarge = (): void => settle(new CacheError('PEER_FAILED', `A peer's answer has more than ${maxBytes} bytes`))
  if (Number(response.headers['content-length'] ?? 0) > maxBytes) {
    tooLarge()
    return
  }
  const chunks: Uint8Array[] = []
  let length = 0
  response.on('data', (chunk: Uint8Array) => {
    length += chunk.byteLength
    if (length > maxBytes) return tooLarge()
    chunks.push(chunk)
  })
  response.on('error', cause => settle(failed('Cannot read the answer of a peer', cause)))
  response.on('close', () => settle(failed('Cannot read the answer of a peer', new Error('The answer is cut off'))))
  response.on('end', () => {
    if (!response.complete) return
    const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length)
    settle({ status: response.statusCode ?? 0, headers: headersOf(response), body: plainBytes(body) })
  })
}

function headersOf(response: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return headers
}

function isClosedConnection(error: Error): boolean {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
}

function failed(what: string, cause: unknown): CacheError {
  return new CacheError('PEER_FAILED', what, { cause })
}
