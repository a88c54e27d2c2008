import { setMaxListeners } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Endpoint, type EndpointOptions, notFoundAnswer } from '../endpoint.ts'
import type { PeerService } from '../peer-service.ts'
import type { HttpAnswer } from '../wire/http-message.ts'
import { plainBytes } from './plain-bytes.ts'

/** A request listener of `node:http`, also as a middleware. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse, next?: () => void) => void

/**
 * Answers peers on an existing HTTP server. Requests outside of `basePath` are handed to `next` if there is one, else get
 * 404. The server's own limits (headers, time, connections) are its owner's; `GroupServer` sets them all.
 */
export function nodeHandler(node: { readonly service: PeerService }, options: EndpointOptions = {}): NodeHandler {
  const endpoint = new Endpoint(node, options)
  return (request, response, next) => handleRequest(endpoint, request, response, next)
}

/** Answers a request; whatever happens, it does not throw and leaves no rejection. */
export function handleRequest(
  endpoint: Endpoint,
  request: IncomingMessage,
  response: ServerResponse,
  next: (() => void) | undefined,
): void {
  if (endpoint.covers(request.url ?? '')) {
    void answer(endpoint, request, response).catch(() => response.destroy())
  } else if (next !== undefined) next()
  else write(request, response, notFoundAnswer())
}

async function answer(endpoint: Endpoint, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const abort = new AbortController()
  // A request for many keys may have a listener for each.
  setMaxListeners(0, abort.signal)
  response.on('close', () => {
    if (!response.writableFinished) abort.abort(new Error('The connection of the caller was closed'))
  })
  const result = await endpoint.answer({
    method: request.method ?? '',
    target: request.url ?? '',
    header: name => headerOf(request, name),
    signal: abort.signal,
    read: () => readBody(request, endpoint.maxBodyBytes),
  })
  write(request, response, result)
}

/** A header of a request by its lower-case name. */
export function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}

function write(request: IncomingMessage, response: ServerResponse, { status, headers, body }: HttpAnswer): void {
  // A body that nobody reads would have to be read to its end before the connection could be used again.
  const isUnread = !request.readableEnded && hasBody(request)
  if (isUnread) response.shouldKeepAlive = false
  response.writeHead(status, { ...headers, 'content-length': body.byteLength })
  response.end(body, () => {
    if (isUnread) request.destroy()
  })
}

function hasBody({ headers }: IncomingMessage): boolean {
  return Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined
}

function readBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    let length = 0
    request.on('data', (chunk: Uint8Array) => {
      length += chunk.byteLength
      if (length <= maxBytes) return void chunks.push(chunk)
      request.pause()
      resolve(undefined)
    })
    request.on('end', () => resolve(plainBytes(Buffer.concat(chunks, length))))
    request.on('error', reject)
    request.on('close', () => reject(new Error('The request is cut off')))
  })
}
