// What a tile proxy stands in front of: a server that takes its time.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A pretend tile server. */
export interface Origin {
  readonly url: string
  /** How many tiles it was asked for. */
  readonly requests: number
  close(): Promise<void>
}

/** The content of a tile; any tile of another name differs. */
export function tileOf(name: string): string {
  return `tile ${name}\n`.padEnd(2048 + 8 * name.length, name)
}

export async function startOrigin({ delayMs }: { readonly delayMs: number }): Promise<Origin> {
  let requests = 0
  const server = createServer((request, response) => {
    requests++
    setTimeout(() => response.end(tileOf(decodeURIComponent(request.url!.slice(1)))), delayMs)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get requests() {
      return requests
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
