// One tile proxy: an HTTP server for the users of the map, and a node of the group cache behind it.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { FileStore } from 'coldsnap/file'
import { GroupNode, watchPeersFile } from 'coldsnap/group/node'

/** What a proxy is told on its command line, as JSON. */
export interface ProxyConfig {
  /** Where the other nodes reach this one; port 0 lets the system choose. */
  readonly listen: string
  readonly directory: string
  /** The list of all nodes. */
  readonly peersFile: string
  readonly origin: string
}

/** What a proxy counts. */
export interface NodeStats {
  /** Questions, those of other nodes among them. */
  readonly gets: number
  readonly fromMemory: number
  readonly fromFiles: number
}

/** What a proxy tells the process that started it: once where it is, then again and again what it did. */
export type ProxyMessage =
  | { readonly type: 'ready'; readonly url: string; readonly address: string }
  | { readonly type: 'stats'; readonly stats: NodeStats }

const config = JSON.parse(process.argv[2]!) as ProxyConfig

const store = await FileStore.open(config.directory)
const node = await GroupNode.listen(config.listen, { store })

const tiles = node.group('tiles', {
  maxBytes: 1024 * 1024,
  ttlMs: 60_000,
  load: async (name, { signal }) => {
    const response = await fetch(`${config.origin}/${encodeURIComponent(name)}`, { signal })
    if (response.status === 404) return undefined
    if (!response.ok) throw new Error(`The origin answered ${response.status}`)
    return new Uint8Array(await response.arrayBuffer())
  },
})

const server = createServer(async (request, response) => {
  try {
    const tile = await tiles.get(decodeURIComponent(request.url!.slice(1)))
    response.writeHead(tile === undefined ? 404 : 200).end(tile)
  } catch {
    response.writeHead(502).end()
  }
})
await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))

tell({ type: 'ready', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, address: node.address })
setInterval(() => {
  const { gets, cacheHits, store } = tiles.stats()
  tell({ type: 'stats', stats: { gets, fromMemory: cacheHits, fromFiles: store?.hits ?? 0 } })
}, 50)

process.on('disconnect', async () => {
  server.closeAllConnections()
  await node.close()
  await store.close()
  process.exit(0)
})

// Last, because it goes on as long as the node lives.
for await (const peers of watchPeersFile(config.peersFile, { pollMs: 100 })) {
  node.setPeers(peers, { self: node.address })
}

function tell(message: ProxyMessage): void {
  if (process.connected) process.send!(message, () => {})
}
