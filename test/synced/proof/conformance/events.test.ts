import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../../../group/until.ts'
import { type RedisServer, startRedis } from '../../../helpers/redis-server.ts'
import { apartInTime, countsOf, type Heard, look, modes, prefix, Scene } from '../scene.ts'

let server: RedisServer

beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.stop())

describe.each(modes)('what one process does, seen by the others (%s)', mode => {
  it('C1 a set on A is a local hit on B, without a read of Redis', async () => {
    await using scene = await Scene.on(server, mode)
    const [a, b] = [await scene.open(), await scene.open()]
    await a.set('key', { name: 'Ada' })
    await scene.settle(b)
    const before = countsOf(b)
    expect(await scene.reads(async () => expect(await b.get('key')).toEqual({ name: 'Ada' }))).toBe(0)
    const after = countsOf(b)
    expect(after.localHits).toBe(before.localHits + 1)
    expect(after.remoteHits).toBe(before.remoteHits)
  })

  it('C2 a set that sends only the key drops the copy of B, whose next get is one read and fills', async () => {
    await using scene = await Scene.on(server, mode)
    const [a, b] = [await scene.open(), await scene.open()]
    await a.set('key', 'old')
    expect(await b.get('key')).toBe('old')
    await a.set('key', 'new', { broadcast: 'key' })
    await scene.settle(b)
    expect(await scene.reads(async () => expect(await b.get('key')).toBe('new'))).toBe(1)
    expect(await look(b, 'key')).toEqual({ value: 'new', isLocal: true })
  })

  it('C3 a delete removes the key here, in Redis and from others; of a key that is not there it is published too', async () => {
    await using scene = await Scene.on(server, mode)
    const [a, b] = [await scene.open(), await scene.open()]
    const heard = await scene.tap()
    await a.set('key', 'value')
    expect(await b.get('key')).toBe('value')
    await a.delete('key')
    await scene.settle(b)
    const fresh = await scene.open()
    for (const cache of [a, b, fresh]) expect(await cache.get('key')).toBe(undefined)
    await a.delete('never there')
    await until(() => heard.some(({ payload }) => payload.includes('never there')))
  })

  it('C4 clear empties the local level of every process', async () => {
    await using scene = await Scene.on(server, mode)
    const [a, b] = [await scene.open(), await scene.open()]
    const heard = await scene.tap()
    await a.setMany([
      ['one', 1],
      ['two', 2],
    ])
    await scene.settle(b)
    await a.clear()
    await scene.settle(a, b)
    for (const cache of [a, b, await scene.open()])
      for (const key of ['one', 'two']) expect(await look(cache, key)).toEqual({ value: undefined, isLocal: false })
    if (mode === 'go')
      expect(heard.map(textOf)).toContainEqual(
        expect.stringMatching(/^\{"key":"\*","sender":"[^"]+","action":"clear"(,"prefix":"scene:")?\}$/),
      )
  })

  it('C5 an event with the own id as its sender changes nothing', async () => {
    await using scene = await Scene.on(server, mode)
    const a = await scene.open(mode === 'go' ? { id: 'pod-a' } : {})
    const heard = await scene.tap()
    await a.set('key', 'old')
    await until(() => heard.some(({ payload }) => payload.includes('key')))
    const own = heard.find(({ payload }) => payload.includes('key'))!
    await a.set('key', 'new')
    const forged = { ...own, payload: mode === 'go' ? Buffer.from(goSet('key', 'pod-a', '"forged"')) : own.payload }
    await scene.raw.publish(forged.channel, forged.payload)
    await scene.settle(a)
    expect(await a.get('key')).toBe('new')
  })

  it('C13 onSetLocal is called once for each set of others, with what was sent; what it gives is what get answers', async () => {
    await using scene = await Scene.on(server, mode)
    const calls: { key: string; sender: string; action: string; body: string }[] = []
    const [a, b] = [
      await scene.open({ id: 'pod-a' }),
      await scene.open<unknown>({
        onSetLocal: event => {
          if (!event.key.includes('fence')) {
            const { key, sender, action, bytes } = event
            calls.push({ key, sender, action, body: Buffer.from(bytes).toString() })
          }
          return event.key.includes('fence') ? event.value : `seen ${JSON.stringify(event.value)}`
        },
      }),
    ]
    await b.set('own', 'own')
    await a.set('key', { n: 1 })
    await a.delete('key 2')
    await scene.settle(b)
    expect(calls.map(({ key, action }) => [key, action])).toEqual([['key', 'set']])
    expect(calls[0]!.sender).not.toBe('')
    if (mode === 'go') expect(calls[0]).toMatchObject({ sender: 'pod-a', body: '{"n":1}' })
    expect(await look(b, 'key')).toEqual({ value: 'seen {"n":1}', isLocal: true })
    expect(await b.get('own')).toBe('own')
    expect(await (await scene.open()).get('key')).toEqual({ n: 1 })
  })

  it('C14 what is malformed or unknown in the channel never throws and never changes a value', async () => {
    await using scene = await Scene.on(server, mode)
    const [a, b] = [await scene.open(), await scene.open()]
    const unhandled: unknown[] = []
    const note = (reason: unknown): void => void unhandled.push(reason)
    process.on('unhandledRejection', note)
    const heard = await scene.tap()
    await a.set('key', 'value')
    await until(() => heard.some(({ payload }) => payload.includes('key')))
    const real = heard.find(({ payload }) => payload.includes('key'))!
    for (const payload of malformed(real)) await scene.raw.publish(real.channel, payload)
    await scene.settle(a, b)
    for (const cache of [a, b, await scene.open()]) expect(await cache.get('key')).toBe('value')
    await a.set('key', 'other')
    await scene.settle(b)
    expect(await b.get('key')).toBe('other')
    await new Promise(resolve => setImmediate(resolve))
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })

  it('C29 onSetLocal that gives undefined keeps the present entry', async () => {
    await using scene = await Scene.on(server, mode)
    const a = await scene.open<number>()
    const b = await scene.open<number>({
      ...apartInTime,
      onSetLocal: ({ key, value }) => (key === 'key' && value === 2 ? undefined : value),
    })
    await a.set('key', 1)
    await scene.settle(b)
    await a.set('key', 2)
    await scene.settle(b)
    expect(await look(b, 'key')).toEqual({ value: 1, isLocal: true })
    await a.set('key', 3)
    await scene.settle(b)
    expect(await look(b, 'key')).toEqual({ value: 3, isLocal: true })
  })

  it('C30 what is set as soon as open() resolved is heard', async () => {
    await using scene = await Scene.on(server, mode)
    const a = await scene.open<number>()
    for (let i = 0; i < 20; i++) {
      const heard: string[] = []
      const b = await scene.open<number>({
        onSetLocal: ({ key, value }) => {
          heard.push(key)
          return value
        },
      })
      await a.set(`key ${i}`, i)
      await until(() => heard.includes(`key ${i}`))
      await b.close()
    }
  })
})

describe('the format of distributed-cache', () => {
  it('C6 events are, byte for byte, those that Go sends', async () => {
    await using scene = await Scene.on(server, 'go')
    const a = await scene.open({ id: 'pod-a', prefix: '', channel: 'cache:invalidate' })
    const heard = await scene.tap()
    await a.set('user:1<&>é', { id: 1, Name: '<b>' })
    await a.set('s', 'x')
    await a.set('nil', null)
    await a.set('i', 7, { broadcast: 'key' })
    await a.delete('nokey')
    const wanted = [
      String.raw`{"key":"user:1\u003c\u0026\u003eé","sender":"pod-a","action":"set","value":"eyJpZCI6MSwiTmFtZSI6Ilx1MDAzY2JcdTAwM2UifQ=="}`,
      '{"key":"s","sender":"pod-a","action":"set","value":"Ingi"}',
      '{"key":"nil","sender":"pod-a","action":"set","value":"bnVsbA=="}',
      '{"key":"i","sender":"pod-a","action":"invalidate"}',
      '{"key":"nokey","sender":"pod-a","action":"delete"}',
    ]
    await until(() => heard.some(message => textOf(message).includes('nokey')))
    const ours = heard.filter(message => !textOf(message).includes('"action":"ping"'))
    expect(ours.map(textOf)).toEqual(wanted)
    expect(new Set(ours.map(({ channel }) => channel))).toEqual(new Set(['cache:invalidate']))
  })

  it('C7 values are bare JSON at bare keys, both ways', async () => {
    await using scene = await Scene.on(server, 'go')
    const a = await scene.open({ prefix: '' })
    await a.set('written', { id: 1, Name: '<b>' })
    expect(await scene.raw.get('written')).toBe(String.raw`{"id":1,"Name":"\u003cb\u003e"}`)
    await scene.raw.set('read', String.raw`{"a":[1,null,"\u003c"]}`)
    expect(await a.get('read')).toEqual({ a: [1, null, '<'] })
  })
})

function textOf({ payload }: Heard): string {
  return payload.toString()
}

function goSet(key: string, sender: string, json: string): string {
  return JSON.stringify({ key: prefix + key, sender, action: 'set', value: Buffer.from(json).toString('base64') })
}

// Truncated, garbage, and of a kind that does not exist.
function malformed({ payload }: Heard): Buffer[] {
  const unknown = Buffer.from(payload)
  if (unknown[0] === 0x63) unknown[3] = 200
  return [
    ...Array.from({ length: 12 }, (_, i) => payload.subarray(0, Math.floor((payload.length * i) / 12))),
    Buffer.concat([payload, Buffer.from('more')]),
    unknown,
    ...['not json', '{"key":1}', '[]', 'null', '{', '{"key":"scene:key","sender":"x","action":"grow"}'].map(text =>
      Buffer.from(text),
    ),
    ...['!!!', 'AA', '{}', ''].map(value =>
      Buffer.from(JSON.stringify({ key: 'scene:key', sender: 'x', action: 'set', value })),
    ),
    Buffer.from('{"sender":"x","action":"delete"}'),
    Buffer.alloc(60, 0xff),
  ]
}
