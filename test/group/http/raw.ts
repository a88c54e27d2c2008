import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterEach } from 'vitest'

const cleanups: (() => Promise<void> | void)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** Runs `work` after the test, the last first. */
export function atEnd(work: () => Promise<void> | void): void {
  cleanups.push(work)
}

/** A TCP server that does what a test says. */
export interface RawServer {
  readonly address: string
  /** Every socket it had. */
  readonly sockets: readonly Socket[]
  /** How many of them are open. */
  open(): number
}

/** Starts a TCP server; it ends with the test. */
export async function rawServer(serve: (socket: Socket) => void): Promise<RawServer> {
  const sockets: Socket[] = []
  const server = createServer(socket => {
    sockets.push(socket)
    socket.on('error', () => socket.destroy())
    serve(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  atEnd(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    address: `127.0.0.1:${port}`,
    sockets,
    open: () => sockets.filter(socket => !socket.destroyed).length,
  }
}

/** A raw request: head and body. */
export interface RawRequest {
  readonly head: string
  readonly bodyHex: string
}

/** Starts an HTTP server by hand: it records each request and answers with what `answer` gives, byte by byte. */
export async function scriptedServer(
  answer: (request: RawRequest) => string,
): Promise<RawServer & { requests: RawRequest[] }> {
  const requests: RawRequest[] = []
  const server = await rawServer(socket => {
    let text = ''
    socket.on('data', chunk => {
      text += chunk.toString('latin1')
      for (;;) {
        const end = text.indexOf('\r\n\r\n')
        if (end < 0) return
        const head = text.slice(0, end)
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
        if (text.length < end + 4 + length) return
        const request = { head, bodyHex: Buffer.from(text.slice(end + 4, end + 4 + length), 'latin1').toString('hex') }
        text = text.slice(end + 4 + length)
        requests.push(request)
        socket.write(answer(request), 'latin1')
      }
    })
  })
  return { ...server, requests }
}

/** Sends bytes to a server and gives all that comes back until it closes the connection, or until `untilMs` are over. */
export async function rawCall(address: string, bytes: string, untilMs = 2_000): Promise<string> {
  const [host, port] = address.split(':')
  const socket = connect(Number(port), host!)
  atEnd(() => void socket.destroy())
  let text = ''
  socket.on('data', chunk => {
    text += chunk.toString('latin1')
  })
  socket.on('error', () => socket.destroy())
  socket.write(bytes, 'latin1')
  const timer = setTimeout(() => socket.destroy(), untilMs)
  await once(socket, 'close')
  clearTimeout(timer)
  return text
}
