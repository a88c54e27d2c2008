import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Endpoint } from '../endpoint.ts'
import { linkHeaders, linkProtocol, sessionText } from '../link/link-handshake.ts'
import { newNonce, signatureHeaders } from '../signing.ts'
import { type ServedLink, serveLink } from './link-server.ts'
import { headerOf } from './node-handler.ts'

/** What {@link acceptLink} needs. */
export interface AcceptLinkParts {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Uint8Array
  readonly endpoint: Endpoint
  readonly maxCalls: number
  readonly idleMs: number
  isClosing(): boolean
  /** Holds the link while it lasts. */
  readonly links: Set<ServedLink>
}

/** Answers a request to upgrade: switches to a link, or refuses and closes the connection. Never rejects. */
export async function acceptLink(parts: AcceptLinkParts): Promise<void> {
  const { request, socket, endpoint, links } = parts
  const refuse = (status: string): void => {
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy())
  }
  const path = request.url ?? ''
  if (path !== endpoint.basePath || request.method !== 'GET') return refuse('404 Not Found')
  if (headerOf(request, 'upgrade') !== linkProtocol) return refuse('426 Upgrade Required')
  const wanted = Number(headerOf(request, linkHeaders.maxFrame) ?? 0)
  if (!Number.isSafeInteger(wanted) || wanted < 1024) return refuse('400 Bad Request')

  const answer: Record<string, string> = {
    Connection: 'Upgrade',
    Upgrade: linkProtocol,
    [linkHeaders.maxFrame]: String(endpoint.maxBodyBytes),
  }
  let sessionKey: Uint8Array | undefined
  if (endpoint.isSigned) {
    const head = { method: 'GET', target: path, body: new Uint8Array() }
    const key = await endpoint.signerOf(head, name => headerOf(request, name)).catch(() => undefined)
    if (key === undefined) return refuse('401 Unauthorized')
    const nonce = newNonce()
    answer[signatureHeaders.nonce] = nonce
    sessionKey = await key.mac(sessionText(headerOf(request, signatureHeaders.nonce) ?? '', nonce))
  }
  if (parts.isClosing() || socket.destroyed) return void socket.destroy()
  const lines = Object.entries(answer).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`)
  const link = serveLink({
    socket,
    head: parts.head,
    sessionKey,
    service: endpoint.service,
    maxFrameBytes: endpoint.maxBodyBytes,
    maxAnswerBytes: wanted,
    maxCalls: parts.maxCalls,
    idleMs: parts.idleMs,
    onEnd: () => links.delete(link),
  })
  links.add(link)
}
