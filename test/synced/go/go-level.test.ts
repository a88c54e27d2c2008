import { describe, expect, it } from 'vitest'
import { utf8Decode } from '../../../src/bytes/utf8.ts'
import type { RedisListener, RedisPort } from '../../../src/redis/redis-port.ts'
import { freePort } from '../../helpers/redis-server.ts'
import { GoPod, remoteValue } from './go-pod.ts'
import { changed, listenerId, open, pods, raw, rest, say, until } from './go-scene.ts'

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

it('values set together are kept, whichever is heard of before all are done', async () => {
  let heard = (): boolean => true
  const late = (port: RedisPort): RedisPort =>
    changed(port, {
      command: async (command, options) => {
        const reply = await port.command(command, options)
        if (command.key === 'b') await until(heard)
        return reply
      },
    })
  const pod = await open({}, late)
  heard = () => [...'ab'].every(key => pod.log.includes(`set ${key} by pod-a`))
  const entries = await pod.level.write([
    ['a', remoteValue(1)],
    ['b', remoteValue(2)],
  ])
  expect(entries.map(entry => entry?.version)).toEqual([...'ab'].map(key => pod.local.get(key)?.version))
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
