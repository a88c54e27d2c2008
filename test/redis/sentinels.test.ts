import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createClient, createSentinel } from 'redis'
import { createSentinel as createSentinel5 } from 'redis5'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { utf8Decode } from '../../src/bytes/utf8.ts'
import { type RedisPortHandle, redisPortContract } from '../../src/contract/index.ts'
import { type RedisClient, redisPort } from '../../src/redis/index.ts'
import { runCases } from '../contract/run-cases.ts'
import { until } from '../group/until.ts'
import { describeRedis } from '../helpers/describe-redis.ts'
import { freePort, type RedisServer, startRedis } from '../helpers/redis-server.ts'
import { masterName, startSentinel } from '../helpers/start-sentinel.ts'
import { RedisBox } from './port-handle.ts'
import { sentinelClients } from './sentinel-clients.ts'

describeRedis('a port by Sentinels', () => {
  let box: RedisBox
  let sentinel: RedisServer
  beforeAll(async () => {
    box = await RedisBox.open()
    // Nobody could take the place of this master.
    sentinel = await startSentinel(box.port, 600_000)
  })
  afterAll(async () => {
    await sentinel.stop()
    await box.stop()
  })

  // A Sentinel looks at its master now and then, and names none meanwhile if it had gone.
  const masterIsNamed = (): Promise<void> => flagsAre(sentinel, /"master"/)
  const handleOf = async (client: RedisClient): Promise<RedisPortHandle> => {
    const handle = await box.handle(redisPort(client))
    await masterIsNamed()
    const start = async (): Promise<void> => {
      await box.start()
      await masterIsNamed()
    }
    return { ...handle, start }
  }

  for (const [name, client] of Object.entries(sentinelClients)) {
    runCases(
      `redisPort on ${name}`,
      redisPortContract(() => handleOf(client([sentinel.port]))),
    )
  }

  for (const [name, client] of Object.entries(sentinelClients)) {
    it(`${name}: a Sentinel that is not there, and one that does not answer, are passed over`, async () => {
      const mute = await muteServer()
      const handle = await handleOf(client([1, mute, sentinel.port]))
      onTestFinished(() => handle.port.close())
      expect(await handle.port.command({ args: ['PING'] })).toEqual(new TextEncoder().encode('PONG'))
    })
  }

  for (const [name, client] of Object.entries(sentinelClients)) {
    it(`${name}: a Sentinel that has lost its master, and one that takes a replica for it, are passed over`, async () => {
      const replica = await startRedis()
      const lost = await startSentinel(await freePort(), 50)
      const stale = await startSentinel(replica.port, 600_000)
      onTestFinished(async () => {
        await Promise.all([lost.stop(), stale.stop()])
        await replica.stop()
      })
      await asking(replica, ask => ask('REPLICAOF', '127.0.0.1', String(box.port)))
      await flagsAre(lost, /s_down/)
      await flagsAre(stale, /"master"/)
      const handle = await handleOf(client([lost.port, stale.port, sentinel.port]))
      onTestFinished(() => handle.port.close())
      const set = { args: ['SET', 'written', name] }
      await until(async () => (await handle.port.command(set).catch(() => undefined)) !== undefined)
      expect(handle.port.isReady).toBe(true)
    })
  }

  it('node-redis: the user, password, database and name of the nodes are those of the client', async () => {
    const { port: admin } = await handleOf(sentinelClients['node-redis']!([sentinel.port]))
    onTestFinished(() => admin.close())
    await admin.command({ args: ['ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '&*', '+@all'] })
    const client = createSentinel({
      name: masterName,
      sentinelRootNodes: [{ host: '127.0.0.1', port: sentinel.port }],
      nodeClientOptions: { username: 'app', password: 'secret', database: 3, name: 'named' },
    })
    const port = redisPort(client)
    onTestFinished(() => port.close())
    expect(port.database).toBe(3)
    const told = await port.command({ args: ['CLIENT', 'INFO'] })
    expect(utf8Decode(told as Uint8Array)).toMatch(/ name=named .* db=3 .* user=app /)
  })

  it('node-redis: without Sentinels it is told, and all ends with the port', async () => {
    const port = redisPort(sentinelClients['node-redis']!([1]))
    await expect(port.command({ args: ['PING'] })).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await port.close()
    await expect(port.command({ args: ['PING'] })).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('node-redis 5: what createSentinel makes cannot be duplicated and is refused', () => {
    const client = createSentinel5({ name: masterName, sentinelRootNodes: [{ host: '127.0.0.1', port: 1 }] })
    const given: RedisClient = JSON.parse('{}')
    expect(() => redisPort(Object.assign(client, given))).toThrow(TypeError)
  })
})

/** Resolves when what a Sentinel thinks of its master is so. */
async function flagsAre(server: RedisServer, wanted: RegExp): Promise<void> {
  await asking(server, async ask => {
    const told = async (): Promise<string> => JSON.stringify(await ask('SENTINEL', 'MASTERS'))
    await until(async () => wanted.test(/"flags"[:,]("[^"]*")/.exec(await told())?.[1] ?? ''))
  })
}

type Ask = (...args: string[]) => Promise<unknown>

async function asking({ url }: RedisServer, act: (ask: Ask) => Promise<unknown>): Promise<void> {
  const client = createClient({ url })
  await client.connect()
  try {
    await act((...args) => client.sendCommand(args))
  } finally {
    client.destroy()
  }
}

/** A server that takes connections and says nothing. */
async function muteServer(): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => sockets.add(socket.on('error', () => undefined))).listen(0, '127.0.0.1')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
