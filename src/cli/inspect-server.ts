/// <reference types="node" />
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CacheError } from '../errors.ts'
import { inspectPage } from './inspect-page.ts'

/** Answers a question of the page; what it throws is told to the page. */
export type InspectAnswer = (question: string, fields: URLSearchParams) => Promise<object | undefined>

/** The server of the page. Only who was told its URL gets an answer, and only from this machine. */
export class InspectServer {
  /** Where the page is; a part of it is secret. */
  readonly url: string
  readonly #server: Server

  private constructor(server: Server, url: string) {
    this.#server = server
    this.url = url
  }

  /** Listens on 127.0.0.1; port 0 lets the system choose. Throws `LISTEN_FAILED`. */
  static async listen(port: number, answer: InspectAnswer): Promise<InspectServer> {
    // Other users of the machine, and pages of other sites, can reach the port: they do not know this.
    const secret = randomBytes(16).toString('hex')
    const server = createServer((request, response) => {
      const { port: own } = server.address() as AddressInfo
      handle(request, response, { secret, hosts: [`127.0.0.1:${own}`, `localhost:${own}`], answer }).catch(() =>
        response.destroy(),
      )
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', cause => {
        reject(new CacheError('LISTEN_FAILED', `Cannot listen on 127.0.0.1:${port}`, { cause }))
      })
      server.listen({ port, host: '127.0.0.1' }, resolve)
    })
    return new InspectServer(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}/${secret}/`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>(resolve => this.#server.close(() => resolve()))
  }
}

interface Rules {
  readonly secret: string
  readonly hosts: readonly string[]
  readonly answer: InspectAnswer
}

async function handle(request: IncomingMessage, response: ServerResponse, rules: Rules): Promise<void> {
  const { method, headers, url = '/' } = request
  // A name that leads here without being ours is that of a site which wants to read the answer.
  if (!rules.hosts.includes(headers.host ?? '')) return send(response, 403, { error: 'Unknown host' })
  if (method !== 'GET') return send(response, 405, { error: 'Only GET is answered' })
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  const prefix = `/${rules.secret}/`
  if (pathname === prefix) return sendPage(response)
  if (!pathname.startsWith(`${prefix}api/`)) return send(response, 404, { error: 'There is nothing here' })
  try {
    const body = await rules.answer(pathname.slice(prefix.length + 'api/'.length), searchParams)
    if (body === undefined) send(response, 404, { error: 'There is no such question' })
    else send(response, 200, body)
  } catch (error) {
    send(response, 422, { error: error instanceof Error ? error.message : String(error) })
  }
}

const everywhere = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { ...everywhere, 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function sendPage(response: ServerResponse): void {
  const nonce = randomBytes(16).toString('base64')
  const own = `'nonce-${nonce}'`
  const policy = `default-src 'none'; script-src ${own}; style-src ${own}; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
  const headers = { ...everywhere, 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy }
  response.writeHead(200, headers).end(inspectPage(nonce))
}
