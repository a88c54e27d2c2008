import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'redis'
import { until as untilIn } from '../group/until.ts'
import { freePort, type RedisServer, startRedis } from './redis-server.ts'

/** A real Redis Cluster of three masters, each with one replica, on this machine. */
export interface RedisCluster {
  /** The ports of all six nodes. */
  readonly ports: readonly number[]
  /** Sends a command to the node of a port, resolves to the answer as text. */
  ask(port: number, ...args: string[]): Promise<string>
  /** The port of the master that has the slot of `key`, as a living node sees it. */
  masterOf(key: string): Promise<number>
  /** The port of a living replica of the master of a port. */
  replicaOf(master: number): Promise<number>
  /** Kills a node, as `kill -9` does. */
  kill(port: number): Promise<void>
  stop(): Promise<void>
}

const nodeTimeoutMs = 1500
const slots = 16_384
const patienceMs = 30_000

/** Starts six servers and makes a cluster of them, without `redis-cli`. */
export async function startCluster(): Promise<RedisCluster> {
  const dir = await mkdtemp(join(tmpdir(), 'coldsnap-cluster-'))
  const servers = new Map<number, RedisServer>()
  for (let i = 0; i < 6; i++) {
    const [port, bus] = [await freePort(), await freePort()]
    const file = join(dir, `nodes-${port}.conf`)
    const args = [
      '--dir',
      dir,
      '--dbfilename',
      `${port}.rdb`,
      '--cluster-enabled',
      'yes',
      '--cluster-config-file',
      file,
      '--cluster-port',
      `${bus}`,
    ]
    args.push('--cluster-node-timeout', `${nodeTimeoutMs}`, '--repl-diskless-sync-delay', '0')
    servers.set(port, await startRedis({ port, args }))
  }
  const ports = [...servers.keys()]
  const ask = (port: number, ...args: string[]): Promise<string> => askNode(port, args)
  const masters = ports.slice(0, 3)
  const [first] = masters
  for (const [i, port] of masters.entries()) {
    const range = [Math.ceil((slots * i) / 3), Math.ceil((slots * (i + 1)) / 3) - 1]
    await ask(port, 'CLUSTER', 'ADDSLOTSRANGE', ...range.map(String))
    await ask(port, 'CLUSTER', 'SET-CONFIG-EPOCH', `${i + 1}`)
  }
  for (const port of ports.slice(1)) {
    const bus = /@(\d+)/.exec(await ask(first!, 'CLUSTER', 'NODES'))![1]!
    await ask(port, 'CLUSTER', 'MEET', '127.0.0.1', `${first}`, bus)
  }
  for (const port of ports) {
    await until(async () => (await ask(port, 'CLUSTER', 'NODES')).trim().split('\n').length === ports.length)
  }
  for (const [i, port] of ports.slice(3).entries()) {
    const id = await ask(masters[i]!, 'CLUSTER', 'MYID')
    await until(async () => (await ask(port, 'CLUSTER', 'REPLICATE', id).catch(() => '')) === 'OK')
  }
  for (const port of ports) {
    await until(async () => {
      const [info, nodes] = [await ask(port, 'CLUSTER', 'INFO'), await ask(port, 'CLUSTER', 'NODES')]
      return info.includes('cluster_state:ok') && nodes.split('slave').length === 4
    })
  }
  for (const port of ports.slice(3)) {
    await until(async () => (await ask(port, 'INFO', 'replication')).includes('master_link_status:up'))
  }
  return {
    ports,
    ask,
    async masterOf(key) {
      for (const port of servers.keys()) {
        const slot = Number(await ask(port, 'CLUSTER', 'KEYSLOT', key))
        for (const line of (await ask(port, 'CLUSTER', 'NODES')).trim().split('\n')) {
          const [, address = '', flags = '', ...rest] = line.split(' ')
          const ranges = rest.slice(5).map(range => range.split('-').map(Number))
          const has = ranges.some(([from = -1, to = from]) => slot >= from && slot <= to)
          if (has && /master/.test(flags) && !/fail/.test(flags)) return Number(/:(\d+)@/.exec(address)![1])
        }
      }
      throw new Error(`No living master has the slot of ${key}`)
    },
    async replicaOf(master) {
      const id = await ask(master, 'CLUSTER', 'MYID')
      for (const line of (await ask(master, 'CLUSTER', 'NODES')).trim().split('\n')) {
        const [, address = '', flags = '', of] = line.split(' ')
        if (of === id && !/fail/.test(flags)) return Number(/:(\d+)@/.exec(address)![1])
      }
      throw new Error('The master has no living replica')
    },
    async kill(port) {
      await servers.get(port)!.stop()
      servers.delete(port)
    },
    async stop() {
      for (const server of servers.values()) await server.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

async function askNode(port: number, args: string[]): Promise<string> {
  const client = createClient({ socket: { port, host: '127.0.0.1', reconnectStrategy: false } })
  client.on('error', () => {})
  await client.connect()
  try {
    return String(await client.sendCommand(args))
  } finally {
    client.destroy()
  }
}

function until(condition: () => Promise<boolean>): Promise<void> {
  return untilIn(condition, { timeoutMs: patienceMs, pollMs: 25 })
}
