import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import type { Netmap, Peer, ServerMode, ServerSettings } from './app/netmap.ts'
import { makeNetmap } from './make-netmap.ts'

/** The server of the example: it serves the built page, and the network map as well as it is told to. */
export interface ExampleServer {
  readonly url: string
  /** How often it was asked for the network map. */
  readonly requests: number
  /** Changes one peer, as life does. Gives it as it is now. */
  changePeer(): Peer
  close(): Promise<void>
}

export interface ExampleServerOptions {
  /** The built page. */
  readonly site: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly peers?: number
  /** What an answer waits for. */
  readonly wait?: (delayMs: number) => Promise<void>
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}
const modes: readonly ServerMode[] = ['answers', 'fails', 'unreachable']
const maxDelayMs = 5000
const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

export async function startServer({
  site,
  port,
  peers = 10_000,
  wait = sleep,
}: ExampleServerOptions): Promise<ExampleServer> {
  let netmap: Netmap = makeNetmap(peers)
  let netmapJson = JSON.stringify(netmap)
  let settings: ServerSettings = { mode: 'answers', delayMs: 1500 }
  let requests = 0
  let changes = 0

  const changePeer = (): Peer => {
    // Scattered over the table, and another one each time.
    const index = (changes++ * 3571 + 11) % netmap.peers.length
    const before = netmap.peers[index]!
    const peer = { ...before, online: !before.online, lastSeen: new Date().toISOString() }
    netmap = { ...netmap, peers: netmap.peers.with(index, peer) }
    netmapJson = JSON.stringify(netmap)
    return peer
  }

  const routes: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => Promise<void>>> = {
    'GET /api/netmap': async (_, response) => {
      requests++
      await wait(settings.delayMs)
      if (settings.mode === 'unreachable') response.destroy()
      else if (settings.mode === 'fails') sendJson(response, '{"error":"Out of order"}', 503)
      else sendJson(response, netmapJson)
    },
    'GET /api/settings': async (_, response) => sendJson(response, JSON.stringify(settings)),
    'POST /api/settings': async (request, response) => {
      settings = settingsOf(await bodyOf(request)) ?? settings
      sendJson(response, JSON.stringify(settings))
    },
    'POST /api/change': async (_, response) => {
      if (settings.mode === 'unreachable') response.destroy()
      else sendJson(response, JSON.stringify(changePeer()))
    },
  }

  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const route = routes[`${request.method} ${pathname}`]
    try {
      await (route === undefined ? sendFile(site, pathname, response) : route(request, response))
    } catch {
      response.destroy()
    }
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get requests() {
      return requests
    },
    changePeer,
    close: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

async function sendFile(site: string, pathname: string, response: ServerResponse): Promise<void> {
  const path = normalize(pathname === '/' ? '/index.html' : decodeURIComponent(pathname))
  const type = types[extname(path)]
  const content = type === undefined ? undefined : await readFile(join(site, path)).catch(() => undefined)
  if (type === undefined || content === undefined) {
    response.writeHead(404).end()
    return
  }
  // The page asks nobody but this server, and this says so to the browser.
  const policy = "default-src 'self'; base-uri 'none'; form-action 'none'"
  response
    .writeHead(200, { 'content-type': type, 'cache-control': 'no-cache', 'content-security-policy': policy })
    .end(content)
}

function sendJson(response: ServerResponse, body: string, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(body)
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk
    if (text.length > 1000) throw new RangeError('The body must be of at most 1000 characters')
  }
  return JSON.parse(text)
}

function settingsOf(value: unknown): ServerSettings | undefined {
  if (typeof value !== 'object' || value === null || !('mode' in value) || !('delayMs' in value)) return undefined
  const mode = modes.find(each => each === value.mode)
  const { delayMs } = value
  if (mode === undefined || typeof delayMs !== 'number' || !(delayMs >= 0 && delayMs <= maxDelayMs)) return undefined
  return { mode, delayMs }
}
