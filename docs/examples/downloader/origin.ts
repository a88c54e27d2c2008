import { createHash, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A pretend server of downloads on this machine. */
export interface Origin {
  readonly url: string
  /** What it has answered since it was asked last: `200 maps.zip`. */
  answers(): string[]
  /** Drops every connection and listens no more. */
  kill(): Promise<void>
}

/** Serves random bytes under each name, a piece every `paceMs`, with ETags. */
export async function startOrigin(sizes: Readonly<Record<string, number>>, paceMs: number): Promise<Origin> {
  const files = new Map(Object.entries(sizes).map(([name, size]) => [name, randomBytes(size)]))
  let answered: string[] = []
  const server = createServer(async (request, response) => {
    const name = request.url!.slice(1)
    const body = files.get(name)
    const etag = body && `"${createHash('sha256').update(body).digest('hex').slice(0, 16)}"`
    const status = body === undefined ? 404 : request.headers['if-none-match'] === etag ? 304 : 200
    answered.push(`${status} ${name}`)
    response.writeHead(status, {
      ...(etag === undefined ? {} : { etag, 'content-type': 'application/zip' }),
      ...(status === 200 ? { 'content-length': body!.length } : {}),
    })
    if (body === undefined || status !== 200) return void response.end()
    const pieceBytes = Math.ceil(body.length / 40)
    for (let at = 0; at < body.length && !response.destroyed; at += pieceBytes) {
      response.write(body.subarray(at, at + pieceBytes))
      await new Promise(resolve => setTimeout(resolve, paceMs))
    }
    response.end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers() {
      const all = answered
      answered = []
      return all
    },
    kill: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
