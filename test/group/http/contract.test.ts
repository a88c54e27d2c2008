import type { TransportHandle } from '../../../src/contract/group/transport-case.ts'
import { transportContract } from '../../../src/contract/group/transport-contract.ts'
import type { EndpointOptions } from '../../../src/group/endpoint.ts'
import { fetchHandler } from '../../../src/group/fetch-handler.ts'
import { httpTransport } from '../../../src/group/http-transport.ts'
import { GroupServer } from '../../../src/group/node/group-server.ts'
import { nodeTransport } from '../../../src/group/node/node-transport.ts'
import type { Peer, Transport } from '../../../src/group/transport.ts'
import { runCases } from '../../contract/run-cases.ts'

const secret = 'correct horse battery staple'

/** Real servers on the loopback. */
function overSockets(make: () => Transport, options: EndpointOptions = {}): TransportHandle {
  const servers = new Map<string, GroupServer>()
  const peers: Peer[] = []
  const transport = make()
  return {
    transport: {
      connect(address) {
        const peer = transport.connect(address)
        peers.push(peer)
        return peer
      },
    },
    async serve(service) {
      const limits = { closeTimeoutMs: 50 }
      const server = await GroupServer.listen('127.0.0.1:0', { service }, { ...options, limits })
      servers.set(server.address, server)
      return server.address
    },
    stop: address => servers.get(address)?.close(),
    async close() {
      for (const peer of peers) await peer.close()
      for (const server of servers.values()) await server.close()
    },
  }
}

/** The Fetch API alone: no sockets, and so no node that stops in the middle of a call. */
function overFetch(): TransportHandle {
  const handlers = new Map<string, (request: Request) => Promise<Response>>()
  const fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const handler = handlers.get(new URL(url).host)
    if (handler === undefined) throw new TypeError('fetch failed')
    return await handler(new Request(url, init))
  }
  return {
    transport: httpTransport({ fetch }),
    serve(service) {
      const address = `node-${handlers.size + 1}:8080`
      handlers.set(address, fetchHandler({ service }))
      return address
    },
  }
}

const options = { maxValueBytes: 1024 * 1024 }
// fetch takes the keys . and .. for parts of the path.
const fetchOptions = { ...options, skip: { T4: 'fetch cannot send the keys . and ..' } }

runCases(
  'nodeTransport and GroupServer',
  transportContract(() => overSockets(nodeTransport), options),
)
runCases(
  'nodeTransport by HTTP only',
  transportContract(() => overSockets(() => nodeTransport({ link: false })), options),
)
runCases(
  'nodeTransport with a secret',
  transportContract(() => overSockets(() => nodeTransport({ secret }), { secret }), options),
)
runCases(
  'httpTransport and GroupServer',
  transportContract(() => overSockets(httpTransport), fetchOptions),
)
runCases('httpTransport and fetchHandler', transportContract(overFetch, fetchOptions))
