import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sameBytes } from '../../../src/core/same-bytes.ts'
import { type Entry, entryFromWire } from '../../../src/group/entry.ts'
import { GroupServer } from '../../../src/group/node/group-server.ts'
import { LinkClient } from '../../../src/group/node/link-client.ts'
import { nodeHandler } from '../../../src/group/node/node-handler.ts'
import { type NodeTransportOptions, nodeTransport } from '../../../src/group/node/node-transport.ts'
import type { PeerAnswer, PeerCallOptions } from '../../../src/group/peer-service.ts'
import type { Peer } from '../../../src/group/transport.ts'
import { bytes } from '../../store/scratch.ts'
import { until } from '../until.ts'
import { RecordedGroup } from '../wire/recorded-group.ts'
import { atEnd, rawServer } from './raw.ts'

const secret = 'correct horse battery staple'
const entry = (value: string | Uint8Array): Entry => entryFromWire(typeof value === 'string' ? bytes(value) : value, 0n)
const textOf = (answer: PeerAnswer): string =>
  answer.kind === 'value' ? Buffer.from(answer.entry.value).toString() : `${answer.kind}: ${answer.message}`

/** Knows by which way it was asked: HTTP gives each get its own request, a link none. */
class Slow extends RecordedGroup {
  readonly gates = new Map<string, () => void>()
  readonly signals: AbortSignal[] = []

  override async get(group: string, key: Uint8Array, options: PeerCallOptions = {}): Promise<PeerAnswer> {
    const name = Buffer.from(key).toString()
    if (!name.startsWith('slow')) return await super.get(group, key)
    this.signals.push(options.signal!)
    await new Promise<void>(resolve => this.gates.set(name, resolve))
    return await super.get(group, key)
  }
}

interface Pair {
  readonly service: Slow
  readonly server: GroupServer
  readonly peer: Peer
  /** Paths of the HTTP requests. */
  readonly requests: string[]
}

/** A server and a client whose link is open. */
async function linked(
  client: NodeTransportOptions = {},
  server: Parameters<typeof GroupServer.listen>[2] = {},
): Promise<Pair> {
  const service = new Slow()
  const listening = await GroupServer.listen('127.0.0.1:0', { service }, server)
  atEnd(() => listening.close())
  const peer = nodeTransport(client).connect(listening.address)
  atEnd(() => peer.close())
  const requests: string[] = []
  const requested = (message: unknown): void => {
    requests.push((message as { request: { path: string } }).request.path)
  }
  const { subscribe, unsubscribe } = await import('node:diagnostics_channel')
  subscribe('http.client.request.start', requested)
  atEnd(() => void unsubscribe('http.client.request.start', requested))
  await peer.get('users', bytes('first'))
  // A call over the link makes no HTTP request.
  for (let i = 0; ; i++) {
    const before = requests.length
    await peer.get('users', bytes('again'))
    if (requests.length === before) break
    if (i === 200) throw new Error('No link was made')
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  requests.length = 0
  return { service, server: listening, peer, requests }
}

describe.each([
  ['plain', undefined],
  ['signed', secret],
] as const)('a %s link', (_, shared) => {
  const options = { secret: shared }

  it('carries every call', async () => {
    const { peer, service, requests } = await linked(options, options)
    expect(textOf(await peer.get('users', bytes('a')))).toBe('val:a')
    expect(textOf(await peer.get('users', bytes('nf1')))).toBe('notFound: no such user nf1')
    expect(textOf(await peer.get('users', bytes('err')))).toBe('loadFailed: database is down')
    await peer.set('users', bytes('b'), entryFromWire(bytes('B'), 4_102_444_800_123_456_789n))
    expect(await peer.get('users', bytes('b'))).toEqual(await service.get('users', bytes('b')))
    await peer.remove('users', bytes('b'))
    expect(textOf(await peer.get('users', bytes('b')))).toBe('val:b')
    await peer.set('users', bytes('c'), entry(''))
    await peer.removeMany('users', ['b', 'c'].map(bytes))
    const many = await peer.getMany('users', ['c', 'nf', '..', ''].map(bytes))
    expect(many.map(textOf)).toEqual(['val:c', 'notFound: no such user nf', 'val:..', 'val:'])
    await expect(peer.get('nobody', bytes('a'))).rejects.toMatchObject({ code: 'PEER_FAILED' })
    expect(requests).toEqual([])
  })

  it('carries any bytes', async () => {
    const { peer } = await linked(options, options)
    const key = fc.uint8Array({ maxLength: 50 })
    const value = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.integer({ min: 60_000, max: 200_000 }).map(length => new Uint8Array(length).fill(length)),
    )
    await fc.assert(
      fc.asyncProperty(key, value, fc.bigInt(4n * 10n ** 18n, 2n ** 63n - 1n), async (each, sent, expireNs) => {
        await peer.set('users', each, entryFromWire(sent, expireNs))
        const got = await peer.get('users', each)
        expect(got.kind === 'value' && [got.entry.expireNs, sameBytes(got.entry.value, sent)]).toEqual([expireNs, true])
        // Callers are not to meet a Buffer.
        expect(got.kind === 'value' && got.entry.value.constructor).toBe(Uint8Array)
      }),
      { numRuns: 50 },
    )
  })

  it('answers each call by itself, also hundreds at once', async () => {
    const { peer, service, requests } = await linked(options, options)
    const slow = peer.get('users', bytes('slow'))
    const all = await Promise.all(Array.from({ length: 500 }, (_, i) => peer.get('users', bytes(`k${i}`))))
    expect(all.map(textOf)).toEqual(Array.from({ length: 500 }, (_, i) => `val:k${i}`))
    service.gates.get('slow')!()
    expect(textOf(await slow)).toBe('val:slow')
    expect(requests).toEqual([])
  })
})

describe('a link', () => {
  it('ends a call at its deadline and at its signal, and tells the other side', async () => {
    const { peer, service, requests } = await linked({ timeoutMs: 150 })
    const abort = new AbortController()
    const aborted = peer.get('users', bytes('slow1'), { signal: abort.signal })
    await until(() => service.signals.length === 1)
    abort.abort(new Error('enough'))
    await expect(aborted).rejects.toMatchObject({ code: 'ABORTED', cause: { message: 'enough' } })
    await until(() => service.signals[0]!.aborted)
    const late = peer.get('users', bytes('slow2'))
    await peer.get('users', bytes('a'))
    await expect(late).rejects.toMatchObject({ code: 'TIMEOUT' })
    await until(() => service.signals[1]!.aborted)
    // Something was received meanwhile, so the link was kept.
    expect(textOf(await peer.get('users', bytes('a')))).toBe('val:a')
    expect(requests).toEqual([])
    await expect(peer.get('users', bytes('a'), { signal: abort.signal })).rejects.toMatchObject({ code: 'ABORTED' })
  })

  it('is given up when it was silent for a whole call', async () => {
    const { peer, requests } = await linked({ timeoutMs: 100 })
    await expect(peer.get('users', bytes('slow'))).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(textOf(await peer.get('users', bytes('a')))).toBe('val:a')
    expect(requests[0]).toBe('/_groupcache/users/a')
  })

  it('that is lost repeats questions by HTTP, and fails changes', async () => {
    const first = await linked({}, { limits: { closeTimeoutMs: 1 } })
    const get = first.peer.get('users', bytes('slow'))
    const set = first.peer.set('users', bytes('slow'), entry('x'))
    await set
    await until(() => first.service.gates.size === 1)
    await first.server.close()
    // Nobody listens any more.
    await expect(get).rejects.toMatchObject({ code: 'PEER_FAILED' })
    const again = await GroupServer.listen(first.server.address, { service: first.service })
    atEnd(() => again.close())
    expect(textOf(await first.peer.get('users', bytes('a')))).toBe('val:a')
  })

  it('drains when the server closes', async () => {
    const { peer, server, service } = await linked()
    const under = peer.get('users', bytes('slow'))
    await until(() => service.gates.size === 1)
    const closed = server.close()
    service.gates.get('slow')!()
    expect(textOf(await under)).toBe('val:slow')
    await closed
  })

  it('ends with its client', async () => {
    const { peer, service } = await linked()
    const under = peer.get('users', bytes('slow'))
    await until(() => service.gates.size === 1)
    await peer.close()
    await expect(under).rejects.toMatchObject({ code: 'PEER_FAILED' })
    await until(() => service.signals[0]!.aborted)
    await expect(peer.get('users', bytes('a'))).rejects.toMatchObject({ code: 'PEER_FAILED' })
    await peer.close()
  })

  it('is left and made anew when idle', async () => {
    const { peer, requests } = await linked({ idleTimeoutMs: 50 })
    await new Promise(resolve => setTimeout(resolve, 200))
    expect(textOf(await peer.get('users', bytes('a')))).toBe('val:a')
    expect(requests[0]).toBe('/_groupcache/users/a')
  })

  it('leaves what is too large for a frame to HTTP', async () => {
    const { peer, requests, service } = await linked({ maxAnswerBytes: 5_000 }, { maxBodyBytes: 10_000 })
    const large = new Uint8Array(20_000)
    await expect(peer.set('users', bytes('l'), entry(large))).rejects.toMatchObject({ code: 'PEER_FAILED' })
    expect(requests).toEqual(['/_groupcache/users/l'])
    await service.set('users', bytes('l'), entry(large))
    await expect(peer.get('users', bytes('l'))).rejects.toMatchObject({ code: 'PEER_FAILED' })
    await service.set('users', bytes('m'), entry(new Uint8Array(2_000)))
    const many = await peer.getMany('users', ['m', 'm', 'm', 'a'].map(bytes))
    expect(many.map(each => each.kind === 'value' && each.entry.value.byteLength)).toEqual([2_000, 2_000, 2_000, 5])
  })

  it('asks for many values in as many answers as they take, one after the other', async () => {
    const { peer, requests, service } = await linked({ maxAnswerBytes: 50_000, maxCalls: 10 })
    const keys = Array.from({ length: 300 }, (_, i) => bytes(`many ${i}`))
    for (const [i, key] of keys.entries()) await service.set('users', key, entry(new Uint8Array(2_000 + i)))
    await service.set('users', keys[7]!, entry(new Uint8Array(30_000)))
    const answers = await peer.getMany('users', keys)
    const lengths = answers.map(answer => (answer.kind === 'value' ? answer.entry.value.byteLength : 0))
    expect(lengths).toEqual(keys.map((_, i) => (i === 7 ? 30_000 : 2_000 + i)))
    expect(requests).toEqual([])
  })

  it('takes only so many calls at once', async () => {
    const { peer } = await linked({ maxCalls: 3, timeoutMs: 200 })
    const calls = Array.from({ length: 5 }, () => peer.get('users', bytes('slow')))
    const codes = await Promise.all(calls.map(call => call.catch((error: { code: string }) => error.code)))
    expect(codes).toEqual(['TIMEOUT', 'TIMEOUT', 'TIMEOUT', 'PEER_FAILED', 'PEER_FAILED'])
  })
})

describe('no link', () => {
  async function expectHttpOnly(address: string, options: NodeTransportOptions = {}): Promise<void> {
    const peer = nodeTransport(options).connect(address)
    atEnd(() => peer.close())
    for (let i = 0; i < 5; i++) {
      expect(textOf(await peer.get('users', bytes('a')))).toBe('val:a')
      await new Promise(resolve => setTimeout(resolve, 10))
    }
  }

  it('is made where either side does not want it', async () => {
    const without = await GroupServer.listen('127.0.0.1:0', { service: new RecordedGroup() }, { link: false })
    atEnd(() => without.close())
    await expectHttpOnly(without.address)
    await expectHttpOnly(without.address, { link: false })
  })

  it('is made with a handler that is mounted', async () => {
    const http = await import('node:http')
    const handler = nodeHandler({ service: new RecordedGroup() })
    const server = http.createServer((request, response) =>
      handler(request, response, () => response.end('another part')),
    )
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    atEnd(() => {
      server.closeAllConnections()
      server.close()
    })
    const address = `127.0.0.1:${(server.address() as { port: number }).port}`
    await expectHttpOnly(address)
    expect(await (await fetch(`http://${address}/other`)).text()).toBe('another part')
  })

  it('is asked of a Go peer', async () => {
    let text = ''
    const server = await rawServer(socket =>
      socket.on('data', chunk => {
        text += chunk.toString()
        socket.write(
          'HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 9\r\n\r\n\x0a\x05val:a\x18\x00',
        )
      }),
    )
    await expectHttpOnly(server.address)
    expect(text.match(/upgrade/i)).toBeNull()
  })
})

describe('a link whose connection broke before it was taken over', () => {
  it('is over, and its calls fail at once', async () => {
    const socket = new PassThrough()
    socket.destroy()
    await once(socket, 'close')
    let ends = 0
    const link = new LinkClient({
      socket,
      head: new Uint8Array(),
      sessionKey: undefined,
      maxFrameBytes: 1024,
      maxSentBytes: 1024,
      idleMs: 60_000,
      onEnd: () => void ends++,
    })
    const call = link.get('users', [new Uint8Array([1])], { signal: undefined, timeoutMs: 60_000 })
    await expect(call).rejects.toThrow('The link ended')
    expect([link.isOver, ends]).toEqual([true, 1])
  })
})
