import { Resolver } from 'node:dns/promises'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'redis'
import { vi } from 'vitest'
import { GroupNode } from '../../src/group/node/group-node.ts'
import { noChromium } from '../helpers/chromium.ts'
import { noRedis } from '../helpers/describe-redis.ts'
import { freePort, startRedis } from '../helpers/redis-server.ts'
import { fixture } from '../netmap/fixtures.ts'
import type { Block } from './page-program.ts'

// What stands behind `ts needs:` on the fence of a block. A reader has a server at the address that the block names, a test
// one at a free port: what is given here takes the place of the address, and nothing else of the block is changed.

/** What blocks are given that are run with the rest of their page. */
interface Given {
  /** The block with what is here in place of what it names. Absent: as it stands. */
  readonly rewrite?: (code: string) => string | Promise<string>
  readonly modules?: Readonly<Record<string, object>>
}

type AtEnd = (end: () => unknown) => void

const givers: Readonly<Record<string, (atEnd: AtEnd) => Given | Promise<Given>>> = {
  'a Redis server': giveRedis,
  'machines of a fleet': giveAddresses,
  'a name server': giveNames,
  "the directory of Tailscale's client": giveTailscale,
}

/** What blocks need that a test of its own gives them, one by one, and which. */
export const needsElsewhere: Readonly<Record<string, string>> = {
  'three processes': 'test/docs/fleet.test.ts',
  'a browser': 'test/browser/docs.test.ts',
  'two tabs': 'test/browser/docs.test.ts',
  'a dedicated worker': 'test/browser/docs.test.ts',
  'a service worker': 'test/browser/offline-start.test.ts',
}

/** All that a block may need. */
export const knownNeeds: readonly string[] = [...Object.keys(givers), ...Object.keys(needsElsewhere)]

/** Why a block cannot run on this machine; undefined if it can. */
export function missingFor({ needs = '' }: Block): string | undefined {
  if (needs === 'a Redis server') return noRedis
  return needsElsewhere[needs]?.startsWith('test/browser/') ? noChromium : undefined
}

// What has been done when a block is through: code at the end of the block that has the line.
const proofs: Readonly<Record<string, string>> = {
  "url: 'redis://10.0.0.5:6379'": `print([await (await createClient().connect()).get('user:1')], '{"id":1,"name":"Ann"}')`,
  "store.store('greeting'": `print([await (await createClient().connect()).get('shop:greeting')], 'hello')`,
  "createClient(), compat: 'go'": `print([await (await createClient().connect()).get('user:1')], '{"id":1,"tags":["a","b"]}')`,
  "users.get('alice')": "print([new TextDecoder().decode(await users.get('alice'))], 'user alice')",
  'createServer(nodeHandler': `print([(await (await fetch('http://' + cache.self + '/_groupcache/none/key')).text()).trim()], 'no such group: none')`,
  'followPeers(resolvePeers': `const other = () => node.peers.find(peer => peer.startsWith('10.0.0.9:'))
    for (let i = 0; i < 3000 && other() === undefined; i++) await new Promise(done => setTimeout(done, 10))
    print([other()], node.address.replace('127.0.0.1', '10.0.0.9'))`,
  'const found = await netmapCache': `print([(await netmapCache(ours).load())?.state.Domain], 'example.com')`,
  'const map = (await tailscale': `print([map?.Domain], 'example.com')`,
}

/** The blocks of a page with what they need; `end` takes it away again. */
export async function giveNeeds(
  blocks: readonly Block[],
): Promise<{ blocks: Block[]; modules: Record<string, object>; end(): Promise<void> }> {
  const given = new Map<string, Given>()
  const ends: (() => unknown)[] = []
  const ready: Block[] = []
  for (const block of blocks) {
    const { needs, code } = block
    const give = needs === undefined ? undefined : givers[needs]
    if (needs === undefined || give === undefined) {
      ready.push(block)
      continue
    }
    const own = given.get(needs) ?? (await give(end => ends.unshift(end)))
    given.set(needs, own)
    const rewritten = (await own.rewrite?.(code)) ?? code
    if (own.rewrite !== undefined && rewritten === code) throw new Error(`A block does not name ${needs}: ${code}`)
    const proof = Object.entries(proofs).find(([line]) => code.includes(line))?.[1] ?? ''
    ready.push({ ...block, code: `${rewritten}\n${proof}` })
  }
  return {
    blocks: ready,
    modules: Object.assign({}, ...[...given.values()].map(({ modules }) => modules)),
    end: async () => {
      for (const end of ends) await end()
    },
  }
}

/** A server of its own, to which every client goes, whatever address it is told. */
async function giveRedis(atEnd: AtEnd): Promise<Given> {
  const server = await startRedis()
  atEnd(server.stop)
  const open = (options: { url?: string } = {}): ReturnType<typeof createClient> => {
    if (options.url !== undefined) new URL(options.url)
    const client = createClient({ ...options, url: server.url })
    atEnd(() => client.isOpen && client.destroy())
    return client as ReturnType<typeof createClient>
  }
  return { modules: { redis: { createClient: open } } }
}

/** Ports of this machine for `10.0.0.<n>:8080`; nobody answers at those of the others. */
function giveAddresses(atEnd: AtEnd): Given {
  const listen = vi.spyOn(GroupNode, 'listen')
  const servers: Server[] = []
  atEnd(async () => {
    for (const { value } of listen.mock.results) await (await (value as Promise<GroupNode>)).close()
    listen.mockRestore()
    for (const server of servers) {
      server.closeAllConnections()
      server.close()
    }
  })
  const create = (handler: RequestListener): Server => {
    const server = createServer(handler)
    servers.push(server)
    return server
  }
  const rewrite = async (code: string): Promise<string> => {
    let here = code
    for (const address of new Set(code.match(/10\.0\.0\.\d+:8080/g))) {
      here = here.replaceAll(address, `127.0.0.1:${await freePort()}`)
    }
    const port = /self: '127\.0\.0\.1:(\d+)'/.exec(here)?.[1]
    return port === undefined ? here : here.replace('.listen(8080)', `.listen(${port})`)
  }
  return { rewrite, modules: { 'node:http': { createServer: create } } }
}

/** A name that resolves to this machine and to another; all nodes of a fleet have the port of `node`. */
function giveNames(atEnd: AtEnd): Given {
  const resolve = vi.spyOn(Resolver.prototype, 'resolve4')
  // It has an overload with options, which nobody calls here.
  const answer = async (hostname: string): Promise<never> => {
    if (hostname !== 'cache.prod.svc.cluster.local') throw new Error(`queryA ENOTFOUND ${hostname}`)
    return ['127.0.0.1', '10.0.0.9'] as never
  }
  resolve.mockImplementation(answer)
  atEnd(() => resolve.mockRestore())
  return { rewrite: code => code.replace('port: 8080', "port: Number(node.address.split(':')[1])") }
}

/** A copy of what the real one wrote. */
function giveTailscale(atEnd: AtEnd): Given {
  const directory = mkdtempSync(join(tmpdir(), 'coldsnap-docs-tailscale-'))
  cpSync(fixture('realistic', 'dir'), directory, { recursive: true })
  atEnd(() => rmSync(directory, { recursive: true, force: true }))
  return { rewrite: code => code.replace("'/var/lib/tailscale/netmap-cache'", JSON.stringify(directory)) }
}
