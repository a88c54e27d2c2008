import { once } from 'node:events'
import { connect } from 'node:net'
import fc from 'fast-check'
import { createClient } from 'redis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { until } from '../../group/until.ts'
import { RedisProxy } from '../../helpers/redis-proxy.ts'
import { type RedisServer, startRedis } from '../../helpers/redis-server.ts'
import { bulksOf, RespFrames } from '../../helpers/resp-frames.ts'

let server: RedisServer
let proxy: RedisProxy

beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.stop())
beforeEach(async () => {
  proxy = await RedisProxy.start(server.port)
})
afterEach(() => proxy[Symbol.asyncDispose]())

const open = async (url = proxy.url, protocol: 2 | 3 = 2) => {
  const client = createClient({
    url,
    RESP: protocol,
    socket: { reconnectStrategy: 5 },
    disableOfflineQueue: true,
  })
  client.on('error', () => undefined)
  await client.connect()
  return { client, [Symbol.dispose]: () => void (client.isOpen && client.destroy()) }
}

describe.each([2, 3] as const)('messages through the proxy in RESP%i', protocol => {
  const listen = async () => {
    const it = await open(proxy.url, protocol)
    const heard: string[] = []
    await it.client.subscribe('news', text => void heard.push(text))
    return { ...it, heard }
  }
  const publish = async (...texts: readonly string[]) => {
    using direct = await open(server.url)
    for (const text of texts) await direct.client.publish('news', text)
  }

  it('pass as they are without faults', async () => {
    using listener = await listen()
    await publish('a', 'b')
    await until(() => listener.heard.length === 2)
    expect(listener.heard).toEqual(['a', 'b'])
  })

  it('are dropped, doubled and late as wanted', async () => {
    using listener = await listen()
    const plan: Record<string, readonly number[]> = { lost: [], twice: [0, 0], late: [60] }
    proxy.deliver = ({ channel, payload }) => (channel === 'news' ? (plan[payload.toString()] ?? [0]) : [0])
    await publish('lost', 'twice', 'late', 'last')
    await until(() => listener.heard.length === 4)
    expect(listener.heard).toEqual(['twice', 'twice', 'last', 'late'])
  })

  it('are late for one connection and not for another', async () => {
    using first = await listen()
    using second = await listen()
    proxy.deliver = ({ connection }) => [connection.id === 1 ? 40 : 0]
    await publish('a')
    await until(() => second.heard.length === 1)
    expect(first.heard).toEqual([])
    await until(() => first.heard.length === 1)
  })
})

describe('connections through the proxy', () => {
  it('are counted, and their commands by name', async () => {
    using it = await open()
    await it.client.set('key', 'x'.repeat(200_000))
    expect((await it.client.get('key'))?.length).toBe(200_000)
    await it.client.get('nothing')
    expect(proxy).toMatchObject({ connections: 1, accepted: 1 })
    expect([proxy.commands.get('GET'), proxy.commands.get('SET')]).toEqual([2, 1])
    expect(proxy.commandCount).toBeGreaterThanOrEqual(3)
  })

  it('are cut, one or all, and come back', async () => {
    using first = await open()
    using second = await open()
    expect(proxy.cut(({ id }) => id === 2)).toBe(1)
    await until(() => proxy.accepted === 3)
    expect(await first.client.ping()).toBe('PONG')
    expect(proxy.cut()).toBeGreaterThanOrEqual(1)
    await until(() => first.client.isReady && second.client.isReady && proxy.connections === 2)
    expect(proxy.accepted).toBeGreaterThanOrEqual(4)
  })

  it('are refused while nobody listens', async () => {
    using it = await open()
    await proxy.refuse()
    await until(() => !it.client.isReady)
    await expect(once(connect(proxy.port, '127.0.0.1'), 'connect')).rejects.toThrow('ECONNREFUSED')
    await proxy.accept()
    await until(() => it.client.isReady)
  })

  it.each(['toServer', 'toClient', 'both'] as const)('are held back %s', async direction => {
    using it = await open()
    const resume = proxy.stall(direction)
    const answered: string[] = []
    const answer = it.client.set('stalled', direction).then(() => void answered.push(direction))
    using direct = await open(server.url)
    if (direction === 'toClient') await until(async () => (await direct.client.get('stalled')) === direction)
    else {
      await until(() => proxy.commands.get('SET') === 1)
      expect(await direct.client.get('stalled')).not.toBe(direction)
    }
    expect(answered).toEqual([])
    resume()
    await answer
    expect(await direct.client.get('stalled')).toBe(direction)
  })

  it('take what the proxy answers in place of the server', async () => {
    using it = await open()
    proxy.answer = () => Buffer.from('$3\r\nlie\r\n')
    expect(await it.client.get('key')).toBe('lie')
    proxy.heal()
    expect(await it.client.get('no such key')).toBe(null)
  })

  it('are slower with latency, in order', async () => {
    using it = await open()
    proxy.latencyMs = 15
    const start = performance.now()
    const answers = Promise.all([it.client.echo('1'), it.client.echo('2'), it.client.echo('3')])
    await until(() => (proxy.commands.get('ECHO') ?? 0) === 3)
    proxy.latencyMs = 0
    expect(await answers).toEqual(['1', '2', '3'])
    expect(performance.now() - start).toBeGreaterThanOrEqual(14)
  })
})

describe('values of RESP in a stream', () => {
  const value: fc.Arbitrary<string> = fc.letrec<{ value: string }>(tie => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.integer().map(n => `:${n}\r\n`),
      fc.constantFrom('$-1\r\n', '*-1\r\n', '_\r\n', '#t\r\n', ',1.5\r\n', '+OK\r\n', '-ERR no\r\n', '(123\r\n'),
      fc.string().map(text => `$${Buffer.byteLength(text)}\r\n${text}\r\n`),
      fc.array(tie('value'), { maxLength: 4 }).map(all => `*${all.length}\r\n${all.join('')}`),
      fc.array(tie('value'), { maxLength: 4 }).map(all => `>${all.length}\r\n${all.join('')}`),
      fc.tuple(tie('value'), tie('value')).map(pair => `%1\r\n${pair.join('')}`),
      fc.tuple(tie('value'), tie('value'), tie('value')).map(parts => `|1\r\n${parts.join('')}`),
    ),
  })).value

  it('are found however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 6 }), fc.integer({ min: 1, max: 9 }), (values, size) => {
        const bytes = Buffer.from(values.join(''))
        const frames = new RespFrames()
        const found: string[] = []
        for (let at = 0; at < bytes.length; at += size)
          found.push(...frames.push(bytes.subarray(at, at + size)).map(frame => frame.toString()))
        expect(found).toEqual(values)
      }),
    )
  })

  it('are taken apart where they are arrays of strings', () => {
    const parts = (text: string) => bulksOf(Buffer.from(text))?.map(String)
    expect(parts('*2\r\n$3\r\nGET\r\n$1\r\nk\r\n')).toEqual(['GET', 'k'])
    expect(parts('>1\r\n$0\r\n\r\n')).toEqual([''])
    expect(parts('*1\r\n:1\r\n')).toBe(undefined)
    expect(parts('*1\r\n$-1\r\n')).toBe(undefined)
    expect(parts('+OK\r\n')).toBe(undefined)
  })
})
