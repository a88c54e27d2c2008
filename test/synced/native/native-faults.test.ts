import { describe, expect, it } from 'vitest'
import type { RedisListener, RedisPort, RedisSubscription } from '../../../src/redis/redis-port.ts'
import { NativeLevel } from '../../../src/synced/native/native-level.ts'
import { freePort, type RedisServer } from '../../helpers/redis-server.ts'
import {
  type Member,
  memberOf,
  nativeSettings,
  openMember,
  type PlainClient,
  plainClient,
  portTo,
  put,
  restart,
  serverOfTest,
  textIn,
  valueFor,
} from './native-fleet.ts'
import { RecordingSink } from './recording-sink.ts'

const meta = 'test:{test:0}m'

/** Two members and a client on a server of the test's own. */
async function fleet(): Promise<{ server: RedisServer; client: PlainClient; a: Member; b: Member }> {
  const server = await serverOfTest()
  const client = await plainClient(server.url)
  const [a, b] = [await openMember(server.url), await openMember(server.url)]
  return { server, client, a, b }
}

/** That what a member holds is what Redis holds, in the end. */
async function converges(member: Member, keys: readonly string[]): Promise<void> {
  await member.sink.until(({ isInStep }) => isInStep)
  const reads = await member.level.read(keys)
  for (const [i, key] of keys.entries()) {
    const held = member.sink.entries.get(key)
    if (held !== undefined) expect(held.body).toEqual(reads[i]!.entry?.body)
  }
}

/** A port whose messages a test may lose. */
function lossyPort(port: RedisPort): { port: RedisPort; loses: (message: Uint8Array) => boolean; renewals: number } {
  const lossy = {
    loses: (_: Uint8Array): boolean => false,
    renewals: 0,
    port: {
      isCluster: port.isCluster,
      command: (command, options) => port.command(command, options),
      pipeline: (commands, options) => port.pipeline(commands, options),
      nodes: () => port.nodes(),
      database: port.database,
      close: () => port.close(),
      subscribe: (channel: string, listener: RedisListener): RedisSubscription => {
        const subscription = port.subscribe(channel, {
          message: message => {
            if (!lossy.loses(message)) listener.message(message)
          },
          up: () => listener.up(),
          down: cause => listener.down(cause),
        })
        const renew = (): void => {
          lossy.renewals += 1
          subscription.renew()
        }
        return { renew, ping: () => subscription.ping(), close: () => subscription.close() }
      },
    } satisfies RedisPort,
  }
  return lossy
}

async function lossyMember(url: string, timeoutMs = 2000) {
  const lossy = lossyPort(portTo(url))
  const sink = new RecordingSink()
  const level = new NativeLevel(lossy.port, nativeSettings({ timeoutMs }), sink)
  await level.open()
  return { lossy, level, sink, port: lossy.port, [Symbol.asyncDispose]: () => level.close() }
}

describe('a Redis that loses its state', () => {
  it('flushed: found by the next tick, emptied', async () => {
    const { client, a, b } = await fleet()
    await put(a, 'x', 'one')
    await b.sink.until(({ entries }) => entries.has('x'))
    await client.flushAll()
    await Promise.all([a.sink.told('reset epoch'), b.sink.told('reset epoch')])
    expect(b.sink.entries.size).toBe(0)
    await b.sink.until(({ isInStep }) => isInStep)
    expect(await textIn(b, 'x')).toBeUndefined()
    expect(await put(a, 'x', 'two')).toBe(1)
    await converges(b, ['x'])
  })

  it('its meta hash alone evicted: all records are dead', async () => {
    const { client, a, b } = await fleet()
    const [missed] = await a.level.read(['x'])
    await put(b, 'y', 'one')
    await client.del(meta)
    expect(await a.level.fill('x', { ...valueFor('old'), seen: missed!.seen })).toBeUndefined()
    await b.sink.told('reset epoch')
    await b.sink.until(({ isInStep }) => isInStep)
    expect(await textIn(b, 'y')).toBeUndefined()
    await put(a, 'y', 'two')
    expect(await textIn(b, 'y')).toBe('two')
  })

  it('its meta hash damaged: another epoch begins', async () => {
    const { client, a, b } = await fleet()
    await put(a, 'x', 'one')
    for (const [field, value] of [
      ['s', 'many'],
      ['s', '-1'],
      ['s', '1.5'],
      ['s', 'nan'],
      ['s', 'inf'],
      ['e', 'short'],
      ['n', ''],
    ] as const) {
      b.sink.forget()
      await client.hSet(meta, field, value)
      expect(await put(a, 'x', 'two')).toBe(1)
      await b.sink.told('reset epoch')
      await b.sink.until(({ isInStep }) => isInStep)
      expect(await textIn(b, 'x')).toBe('two')
    }
  })

  it('gone back to an older state, as a replica that takes over: found by the next change', async () => {
    const { client, a, b } = await fleet()
    await put(a, 'x', 'one')
    await client.copy(meta, 'kept')
    await put(a, 'x', 'two')
    await put(a, 'y', 'lost')
    await b.sink.until(({ entries }) => entries.has('y'))
    b.sink.forget()
    // In one step, as a new master has it, and then at once a change with a number that was there before.
    await client.multi().copy('kept', meta, { REPLACE: true }).del(['test:{test:0}vx', 'test:{test:0}vy']).exec()
    expect(await put(a, 'y', 'other')).toBe(2)
    await b.sink.told('reset gap')
    await converges(b, ['x', 'y'])
    expect(b.sink.entries.get('x')).toBeUndefined()
    expect(await textIn(b, 'y')).toBe('other')
    expect(await textIn(b, 'x')).toBeUndefined()
  })

  it('restarted empty', async () => {
    const server = await serverOfTest()
    const a = await openMember(server.url)
    await put(a, 'x', 'one')
    await server.stop()
    await a.sink.until(({ isInStep }) => !isInStep)
    expect(a.level.status).toBe('down')
    // Local hits go on.
    expect(a.sink.calls.filter(call => call.startsWith('reset'))).toEqual(['reset open'])
    await expect(a.level.read(['x'])).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await expect(put(a, 'x', 'two')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await restart(server.port)
    await a.sink.told('reset reconnect')
    await a.sink.until(({ isInStep }) => isInStep)
    expect(await textIn(a, 'x')).toBeUndefined()
    expect(await put(a, 'x', 'two')).toBe(1)
  })

  it('not there at the start: in step when it comes', async () => {
    const port = await freePort()
    const a = memberOf(`redis://127.0.0.1:${port}`)
    await expect(a.level.open()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await restart(port)
    await a.sink.until(({ isInStep }) => isInStep)
    expect(a.level.status).toBe('ready')
    expect(a.sink.calls.filter(call => call.startsWith('reset'))).toEqual(['reset open'])
  })
})

describe('a channel that loses messages', () => {
  it('its connection killed: what is local is emptied when it is back', async () => {
    const { client, a, b } = await fleet()
    await put(a, 'x', 'one')
    await b.sink.until(({ entries }) => entries.has('x'))
    b.sink.forget()
    await client.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub'])
    await put(a, 'x', 'two')
    await b.sink.told('inStep true')
    expect(b.sink.calls.filter(call => !call.startsWith('set'))).toEqual([
      'inStep false',
      'reset reconnect',
      'inStep true',
    ])
    await converges(b, ['x'])
    expect(await textIn(b, 'x')).toBe('two')
  })

  it('one in the middle lost: found by the next', async () => {
    const server = await serverOfTest()
    const a = await openMember(server.url)
    await using b = await lossyMember(server.url)
    await put(a, 'x', 'one')
    await b.sink.until(({ entries }) => entries.has('x'))
    let sets = 0
    b.lossy.loses = message => message[3] === 1 && sets++ === 0
    await put(a, 'x', 'two')
    await put(a, 'y', 'three')
    await b.sink.told('reset gap')
    await converges(b, ['x', 'y'])
    expect(await textIn(b, 'x')).toBe('two')
    expect(b.lossy.renewals).toBe(0)
  })

  it('the last one lost, of a writer that died: found by a tick', async () => {
    const server = await serverOfTest()
    const a = await openMember(server.url)
    await using b = await lossyMember(server.url)
    await put(a, 'x', 'one')
    await b.sink.until(({ entries }) => entries.has('x'))
    b.lossy.loses = message => message[3] === 1
    await put(a, 'x', 'two')
    await a.level.close()
    await b.sink.told('reset gap')
    expect(b.sink.entries.size).toBe(0)
    await b.sink.until(({ isInStep }) => isInStep)
    expect(await textIn(b, 'x')).toBe('two')
  })

  it('dead although nobody said so: renewed', async () => {
    const server = await serverOfTest()
    await using a = await lossyMember(server.url, 300)
    a.lossy.loses = () => true
    await a.sink.told('inStep false')
    expect(a.lossy.renewals).toBeGreaterThan(0)
    a.lossy.loses = () => false
    await a.sink.until(({ isInStep }) => isInStep)
    expect(a.sink.calls).toContain('reset reconnect')
  })

  it('messages that are none change nothing', async () => {
    const { client, a } = await fleet()
    await put(a, 'x', 'one')
    await a.sink.until(({ entries }) => entries.has('x'))
    a.sink.forget()
    for (const message of ['', 'cs', '{"key":"x"}', 'x'.repeat(1000)]) await client.publish('test:{test:}@0', message)
    const other = memberOf('redis://unused', { partitions: 2 })
    expect(other.level.status).toBe('down')
    await a.sink.until(({ problems }) => problems.length === 4)
    expect(a.sink.calls).toEqual(['problem', 'problem', 'problem', 'problem'])
    expect(a.sink.problems.every(problem => 'code' in problem && problem.code === 'CORRUPT')).toBe(true)
    expect(a.level.status).toBe('ready')
  })
})
