import { createClient } from 'redis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { utf8Decode } from '../../../src/bytes/utf8.ts'
import type { RedisListener, RedisPort } from '../../../src/redis/redis-port.ts'
import { freePort, type RedisServer, startRedis } from '../../helpers/redis-server.ts'
import { GoPod, remoteValue, type settings } from './go-pod.ts'

let server: RedisServer
let raw: ReturnType<typeof createClient>
let listener: ReturnType<typeof createClient>
let listenerId = 0
let messages: string[] = []
let marks = 0
const pods: GoPod[] = []

beforeAll(async () => {
  server = await startRedis()
  raw = createClient({ url: server.url })
  listener = createClient({ url: server.url })
  await Promise.all([raw.connect(), listener.connect()])
  listenerId = await listener.clientId()
  await listener.subscribe('cache:invalidate', message => {
    if (!message.includes('"ping"')) messages.push(message)
  })
})

afterAll(async () => {
  raw.destroy()
  listener.destroy()
  await server.stop()
})

beforeEach(async () => {
  await raw.flushDb()
  messages = []
})

afterEach(async () => {
  await Promise.all(pods.splice(0).map(async pod => await pod.close()))
})

async function open(...[more, portOf]: [more?: Partial<typeof settings>, portOf?: (port: RedisPort) => RedisPort]) {
  const pod = await GoPod.open(server.url, more, portOf)
  pods.push(pod)
  return pod
}

async function until(test: () => boolean): Promise<void> {
  const end = Date.now() + 10_000
  while (!test()) {
    if (Date.now() > end) throw new Error(`Waited in vain for ${test}`)
    await new Promise(resolve => setTimeout(resolve, 2))
  }
}

/** Until the pods, and the listener, have heard all that was said before. */
async function rest(): Promise<void> {
  const mark = `mark ${marks++}`
  const heard = `drop ${mark}`
  await say({ key: mark, action: 'invalidate' })
  for (const pod of pods) await say({ key: pod.prefix + mark, action: 'invalidate' })
  await until(() => pods.every(pod => pod.log.includes(heard)) && messages.some(message => message.includes(mark)))
  messages = messages.filter(message => !message.includes('mark '))
}

/** As a pod of Go does, but for the write before it. */
async function say(event: { key: string; action: string; sender?: string; value?: string; [more: string]: unknown }) {
  const { value, sender = 'go', ...rest } = event
  const base64 = value === undefined ? {} : { value: Buffer.from(value).toString('base64') }
  await raw.publish('cache:invalidate', JSON.stringify({ sender, ...rest, ...base64 }))
}

describe('order', () => {
  it('pods of ours that write the same keys at once agree with Redis', async () => {
    const fleet = [await open({ id: 'a' }), await open({ id: 'b' }), await open({ id: 'c' })]
    const keys = Array.from({ length: 100 }, (_, i) => `k${i}`)
    const broadcast = (i: number) => (i % 3 === 0 ? 'key' : 'value')
    await Promise.all(
      keys.flatMap((key, i) => fleet.map((pod, p) => pod.put(key, `${p}`, { broadcast: broadcast(i + p) }))),
    )
    await rest()
    for (const key of keys) {
      const held = JSON.parse((await raw.get(key))!)
      for (const pod of fleet) expect(await pod.get(key)).toBe(held)
    }
    expect(fleet.reduce((sum, { local }) => sum + local.size, 0)).toBe(300)
  })

  it("a value of Go's that was overtaken by a write of ours is not kept", async () => {
    const [a, b] = [await open({ id: 'a' }), await open({ id: 'b' })]
    await raw.set('k', '"go"')
    await a.put('k', 'ours')
    await say({ key: 'k', action: 'set', value: '"go"' })
    await rest()
    expect([await a.get('k'), await b.get('k')]).toEqual(['ours', 'ours'])
  })

  it('two values of Go within a second are not trusted, one is', async () => {
    const pod = await open()
    await raw.set('k', '"in Redis"')
    await say({ key: 'k', action: 'set', value: '"first"' })
    await rest()
    expect(await pod.get('k')).toBe('first')
    await say({ key: 'k', action: 'set', value: '"second"', sender: 'other' })
    await rest()
    expect(await pod.get('k')).toBe('in Redis')
  })

  it('values of ours are trusted however close', async () => {
    const pod = await open({ id: 'b' })
    await say({ key: 'x', sender: 'ours', action: 'ping' })
    for (const value of ['"1"', '"2"']) await say({ key: 'k', sender: 'ours', action: 'set', value })
    await rest()
    expect(await pod.get('k')).toBe('2')
    expect(pod.remoteReads).toBe(0)
  })

  it('a read that an event overtakes is not kept', async () => {
    let overtake: () => Promise<void> = async () => undefined
    const slow = (port: RedisPort): RedisPort =>
      changed(port, {
        pipeline: async (...args) => {
          const replies = await port.pipeline(...args)
          await overtake()
          return replies
        },
      })
    const pod = await open({}, slow)
    await raw.set('k', '"old"')
    overtake = async () => {
      overtake = async () => undefined
      await raw.set('k', '"new"')
      await say({ key: 'k', action: 'delete' })
      await rest()
    }
    expect(await pod.get('k')).toBe('old')
    expect(await pod.get('k')).toBe('new')
  })

  it('what was written is read at once, kept here, and not kept if two writes cross', async () => {
    const pod = await open()
    for (const [i, more] of [{}, { broadcast: 'key' as const }, { ttlMs: 60_000 }].entries()) {
      await pod.put(`k${i}`, 'before')
      await rest()
      await pod.put(`k${i}`, i, more)
      expect(await pod.get(`k${i}`)).toBe(i)
      await rest()
      expect(await pod.get(`k${i}`)).toBe(i)
    }
    expect(pod.remoteReads).toBe(0)
    await pod.put('k', 0)
    await Promise.all([pod.put('k', 1, { broadcast: 'key' }), pod.put('k', 2, { broadcast: 'key' })])
    await rest()
    expect(await pod.get('k')).toBe(2)
    expect(pod.remoteReads).toBe(1)
  })
})

it('what came before an own write, and is heard after it, does not hide it', async () => {
  const held: (() => void)[] = []
  const late = (port: RedisPort): RedisPort =>
    changed(port, {
      subscribe: (channel, heard) => {
        const message = (bytes: Uint8Array): void => {
          if (utf8Decode(bytes).includes('"key":"k"')) held.push(() => heard.message(bytes))
          else heard.message(bytes)
        }
        return port.subscribe(channel, { message, up: () => heard.up(), down: cause => heard.down(cause) })
      },
    })
  const pod = await open({ heartbeatMs: 60_000, timeoutMs: 60_000 }, late)
  await say({ key: 'x', sender: 'ours', action: 'ping' })
  await rest()
  await say({ key: 'k', sender: 'ours', action: 'set', value: '"before"' })
  await pod.put('k', 'own')
  await until(() => held.length === 2)
  held[0]!()
  expect(await pod.get('k')).toBe('own')
  held[1]!()
  expect(pod.log.slice(-2)).toEqual(['drop k', 'set k by pod-a'])
  expect(await pod.get('k')).toBe('own')
})

describe('events', () => {
  it('that are malformed are told and change nothing; unknown actions are ignored', async () => {
    const pod = await open()
    await pod.put('k', 1)
    for (const text of ['x', '{"key":"k","action":"set","value":"?"}', '{"key":"k","action":"expire"}']) {
      await raw.publish('cache:invalidate', text)
    }
    await rest()
    expect(await pod.get('k')).toBe(1)
    expect(pod.remoteReads).toBe(0)
    expect(pod.problems).toMatchObject([{ code: 'CORRUPT' }, { code: 'CORRUPT' }])
  })

  it('of keys behind another prefix are not ours', async () => {
    const pod = await open({ prefix: 'a:' })
    await pod.put('k', 1)
    await say({ key: 'b:k', action: 'set', value: '2' })
    await say({ key: 'k', action: 'delete' })
    await say({ key: '*', action: 'clear', prefix: 'b:' })
    await rest()
    expect([...pod.local.keys()]).toEqual(['k'])
    await say({ key: '*', action: 'clear', prefix: 'a:b:' })
    await rest()
    expect([...pod.local.keys()]).toEqual([])
  })

  it('that set no value, or a key that was not UTF-8, drop the key', async () => {
    const pod = await open()
    for (const key of ['k', '\ufffd']) {
      await pod.put(key, 1)
      await raw.del(key)
    }
    await say({ key: 'k', action: 'set' })
    await say({ key: '\ufffd', action: 'set', value: '2' })
    await rest()
    expect(pod.local.size).toBe(0)
  })

  it('of another process with the same id are told of once', async () => {
    const pod = await open()
    await say({ key: 'x', sender: 'pod-a', action: 'ping' })
    await say({ key: 'y', sender: 'pod-a', action: 'ping' })
    await rest()
    expect(pod.problems).toMatchObject([{ code: 'ALREADY_EXISTS' }])
  })
})

describe('the subscription', () => {
  it('that is killed begins anew, and nothing old is answered', async () => {
    const pod = await open({ prefix: 'p:' })
    await pod.put('k', 'old')
    pod.log.length = 0
    for (const { id } of await raw.clientList({ TYPE: 'PUBSUB' })) {
      if (id !== listenerId) await raw.clientKill({ filter: 'ID', id })
    }
    await raw.set('p:k', '"new"')
    await until(() => pod.log.includes('in step'))
    expect(pod.log.slice(-3)).toEqual(['out of step', 'reset reconnect', 'in step'])
    expect(await pod.get('k')).toBe('new')
  })

  it('that is mute is renewed', async () => {
    let isMute = false
    const mute = (port: RedisPort): RedisPort =>
      changed(port, {
        subscribe: (channel, heard) => {
          const message = (bytes: Uint8Array): void => {
            if (!isMute) heard.message(bytes)
          }
          const up = (): void => {
            isMute = false
            heard.up()
          }
          const through: RedisListener = { message, up, down: cause => heard.down(cause) }
          return port.subscribe(channel, through)
        },
      })
    const pod = await open({ heartbeatMs: 20, timeoutMs: 50 }, mute)
    await pod.put('k', 'old')
    pod.log.length = 0
    isMute = true
    await raw.set('k', '"new"')
    await until(() => pod.log.includes('in step'))
    expect(pod.log).toContain('reset reconnect')
    expect(pod.problems[0]).toMatchObject({ code: 'UNAVAILABLE' })
    expect(await pod.get('k')).toBe('new')
  })

  it('that was never made rejects open with UNAVAILABLE', async () => {
    const pod = new GoPod(`redis://127.0.0.1:${await freePort()}`, { timeoutMs: 100 })
    pods.push(pod)
    await expect(pod.level.open()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(pod.level.status).toBe('down')
    pods.pop()
    await pod.close()
    expect(pod.level.status).toBe('closed')
  })

  it('is ready when open resolves, and waits no longer than its signal', async () => {
    const pod = await open()
    expect(pod.level.status).toBe('ready')
    await expect(pod.level.open({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' })
  })
})

describe('clear', () => {
  it.each(['a:', 'a*[x]?\\'])('removes what is behind %j and nothing else, without FLUSHDB and KEYS', async prefix => {
    const [pod, other, foreign] = [
      await open({ prefix }),
      await open({ prefix, id: 'b' }),
      await open({ prefix: 'b:' }),
    ]
    for (let i = 0; i < 2500; i++) await raw.set(`${prefix}${i}`, '1')
    await Promise.all([foreign.put('k', 1), raw.set('aXx', '1'), raw.set('a', '1'), other.get('1')])
    await raw.configResetStat()
    await pod.level.clear()
    expect((await raw.keys('*')).sort()).toEqual(['a', 'aXx', 'b:k'])
    await rest()
    expect([pod.local.size, other.local.size, foreign.local.size]).toEqual([0, 0, 1])
    const used = await raw.info('commandstats')
    expect(used).toContain('cmdstat_unlink')
    expect(used).not.toMatch(/cmdstat_flush/)
  })

  it('needs a prefix, or leave to do without', async () => {
    const pod = await open({ clearWithoutPrefix: false })
    await raw.set('k', '1')
    await expect(pod.level.clear()).rejects.toThrow(TypeError)
    expect(await raw.get('k')).toBe('1')
  })
})

describe('time to live', () => {
  it('is that of Redis, and never longer here', async () => {
    const [a, b] = [await open({ id: 'a' }), await open({ id: 'b' })]
    const before = Date.now()
    await a.put('k', 1, { ttlMs: 60_000 })
    await rest()
    expect(messages).toEqual(['{"key":"k","sender":"a","action":"invalidate"}'])
    expect(await b.get('k')).toBe(1)
    for (const { local } of [a, b]) {
      const { expiresAtMs } = local.get('k')!
      expect(expiresAtMs).toBeLessThanOrEqual(Number(await raw.pExpireTime('k')))
      expect(expiresAtMs).toBeGreaterThan(before + 50_000)
    }
    await a.put('k', 2)
    expect(await raw.pTTL('k')).toBe(-1)
  })

  it('large values are not sent', async () => {
    const pod = await open({ inlineBytes: 10 })
    await pod.put('k', '12345678')
    await pod.put('k', '123456789')
    await rest()
    expect(messages.map(message => JSON.parse(message).action)).toEqual(['set', 'invalidate'])
  })
})

describe('fill', () => {
  it.each([
    ['nothing happens', true, async () => undefined],
    ['another one sets it', false, async () => void (await raw.set('k', '2'))],
    [
      'another one sets and deletes it',
      false,
      async () => {
        await say({ key: 'k', action: 'delete' })
        await rest()
      },
    ],
    [
      'another one clears',
      false,
      async () => {
        await say({ key: '*', action: 'clear' })
        await rest()
      },
    ],
  ])('where %s meanwhile: %s', async (_, isFilled, meanwhile) => {
    const pod = await open()
    const load = async (): Promise<number> => {
      await meanwhile()
      return 1
    }
    expect(await pod.fill('k', load)).toBe(isFilled)
    await rest()
    expect(messages.filter(message => message.includes('pod-a')).length).toBe(Number(isFilled))
  })

  it('replaces what it saw, and only that', async () => {
    const pod = await open()
    await raw.set('k', 'not JSON')
    expect(await pod.fill('k', async () => 1)).toBe(true)
    expect(await pod.fill('k', async () => await raw.set('k', '3'))).toBe(false)
    expect(await pod.fill('k', async () => await raw.del('k'))).toBe(false)
  })

  it('under a lease needs it, and a write of the key takes it away', async () => {
    const [a, b] = [await open({ prefix: 'p:' }), await open({ prefix: 'p:', id: 'b' })]
    const lease = await a.level.acquire('k', 60_000)
    expect(await b.level.acquire('k', 60_000)).toBeUndefined()
    expect(await b.level.renew({ key: 'k', token: 'other' }, 1000)).toBe(false)
    expect(await a.level.renew(lease!, 120_000)).toBe(true)
    expect(await raw.pTTL('p:coldsnap:lease:k')).toBeGreaterThan(100_000)
    expect(await a.fill('k', async () => 1, { lease })).toBe(true)
    await b.remove('k')
    await rest()
    expect(await a.fill('k', async () => 2, { lease })).toBe(false)
    const next = await b.level.acquire('k', 60_000)
    await a.level.release(lease!)
    expect(await raw.get('p:coldsnap:lease:k')).toBe(next?.token)
    await b.level.release(next!)
    expect(await raw.exists('p:coldsnap:lease:k')).toBe(0)
  })
})

describe('what is refused', () => {
  it('tags, which the format does not have', async () => {
    const { level } = await open()
    await expect(level.deleteByTag()).rejects.toThrow(TypeError)
  })

  it('every change by a reader', async () => {
    const { level } = await open({ reader: true })
    const readOnly = expect.objectContaining({ code: 'READ_ONLY' })
    const fill = { ...remoteValue(1), seen: (await level.read(['k']))[0]!.seen }
    const changes = [
      level.write([['k', remoteValue(1)]]),
      level.fill('k', fill),
      level.delete('k'),
      level.invalidate('k'),
    ]
    const results = await Promise.allSettled([...changes, level.clear(), level.acquire('k', 1)])
    expect(results).toEqual(Array.from({ length: 6 }, () => ({ status: 'rejected', reason: readOnly })))
    await rest()
    expect(messages).toEqual([])
  })

  it('a cluster, and what Redis refuses', async () => {
    const { level, port } = await open()
    await raw.lPush('list', 'x')
    await expect(level.read(['k', 'list'])).rejects.toMatchObject({ code: 'IO', key: 'list' })
    expect(() => new GoPod(server.url, {}, () => changed(port, { isCluster: true }))).toThrow(TypeError)
  })
})

it('a write that fails leaves nothing of it here', async () => {
  const pod = await open()
  await pod.put('k', 'before')
  await raw.configSet('maxmemory', '1')
  await expect(pod.put('k', 'after', { broadcast: 'key' })).rejects.toThrow()
  await raw.configSet('maxmemory', '0')
  expect(await pod.get('k')).toBe('before')
  expect(pod.remoteReads).toBe(0)
  await pod.level.invalidate('k')
  await rest()
  expect(pod.local.size).toBe(0)
})

function changed(port: RedisPort, changes: Partial<RedisPort>): RedisPort {
  return {
    pipeline: async (...args) => await port.pipeline(...args),
    command: async (...args) => await port.command(...args),
    subscribe: (...args) => port.subscribe(...args),
    nodes: async (...args) => await port.nodes(...args),
    isCluster: port.isCluster,
    database: port.database,
    close: async () => await port.close(),
    ...changes,
  }
}
