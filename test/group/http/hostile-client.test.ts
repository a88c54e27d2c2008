import { once } from 'node:events'
import { connect } from 'node:net'
import { beforeEach, describe, expect, it } from 'vitest'
import { GroupServer, type GroupServerOptions } from '../../../src/group/node/group-server.ts'
import { nodeTransport } from '../../../src/group/node/node-transport.ts'
import type { PeerAnswer } from '../../../src/group/peer-service.ts'
import { bytes } from '../../store/scratch.ts'
import { until } from '../until.ts'
import { RecordedGroup } from '../wire/recorded-group.ts'
import { atEnd, rawCall } from './raw.ts'

const limits = { headersTimeoutMs: 300, requestTimeoutMs: 300, keepAliveTimeoutMs: 300, maxConnections: 20 }

/** Counts what reaches the group, and can hold gets back. */
class WatchedGroup extends RecordedGroup {
  calls = 0
  hold: Promise<void> | undefined
  aborted = 0

  override async get(group: string, key: Uint8Array, options?: { signal?: AbortSignal }): Promise<PeerAnswer> {
    this.calls++
    options?.signal?.addEventListener('abort', () => this.aborted++)
    await this.hold
    return await super.get(group, key)
  }

  override async remove(group: string, key: Uint8Array): Promise<void> {
    this.calls++
    await super.remove(group, key)
  }
}

let service: WatchedGroup

beforeEach(() => {
  service = new WatchedGroup()
})

async function serve(options: GroupServerOptions = {}): Promise<string> {
  const server = await GroupServer.listen('127.0.0.1:0', { service }, { limits, ...options })
  atEnd(() => server.close())
  return server.address
}

async function isAlive(address: string): Promise<boolean> {
  const answer = await rawCall(address, 'GET /_groupcache/users/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  return answer.startsWith('HTTP/1.1 200')
}

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: x\r\n`

// Each line: what is sent, and the status that must come back before the connection is closed.
const probes: readonly (readonly [name: string, request: string, answer: RegExp])[] = [
  [
    'a length and chunks',
    `POST /_groupcache/users/_remove-keys/ HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${get('/_groupcache/users/smuggled')}\r\n`,
    /^HTTP\/1.1 400 /,
  ],
  [
    'two lengths',
    'PUT /_groupcache/users/a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n123456',
    /^HTTP\/1.1 400 /,
  ],
  ['a bare LF in a header', 'GET /_groupcache/users/a HTTP/1.1\r\nHost: x\nX: y\r\n\r\n', /^HTTP\/1.1 400 /],
  ['a space before the colon', 'GET /_groupcache/users/a HTTP/1.1\r\nHost : x\r\n\r\n', /^HTTP\/1.1 400 /],
  ['a header over two lines', 'GET /_groupcache/users/a HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n', /^HTTP\/1.1 400 /],
  ['no host', 'GET /_groupcache/users/a HTTP/1.1\r\n\r\n', /^HTTP\/1.1 400 /],
  ['an unknown coding', `${get('/_groupcache/users/a')}Transfer-Encoding: gzip\r\n\r\n`, /^HTTP\/1.1 400 /],
  ['a body on GET', `${get('/_groupcache/users/a')}Content-Length: 5\r\n\r\nGET /`, /^HTTP\/1.1 400 /],
  ['a target of 17 KB', `${get(`/_groupcache/users/${'a'.repeat(17 * 1024)}`)}\r\n`, /^HTTP\/1.1 431 /],
  ['17 KB of headers', `${get('/_groupcache/users/a')}X: ${'a'.repeat(17 * 1024)}\r\n\r\n`, /^HTTP\/1.1 431 /],
  [
    'a length of 1 TB',
    'PUT /_groupcache/users/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1099511627776\r\n\r\nab',
    /^HTTP\/1.1 413 /,
  ],
  [
    'a length that is too large by far',
    `PUT /_groupcache/users/a HTTP/1.1\r\nHost: x\r\nContent-Length: ${'9'.repeat(40)}\r\n\r\nab`,
    /^HTTP\/1.1 4(00|13) /,
  ],
  ['an absolute target', `${get('http://other/_groupcache/users/a')}Connection: close\r\n\r\n`, /^HTTP\/1.1 404 /],
  ['CONNECT', 'CONNECT other:80 HTTP/1.1\r\nHost: x\r\n\r\n', /^$/],
  ['a target that is no path', 'OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', /^HTTP\/1.1 404 /],
  ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc', /^HTTP\/1.1 400 /],
  ['HTTP/2 from the start', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /^HTTP\/1.1 400 /],
  [
    'an upgrade to something else',
    `${get('/_groupcache/users/a')}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n`,
    /^HTTP\/1.1 4(04|26) /,
  ],
]

describe('a server answers', () => {
  it.each(probes)('%s', async (_, request, answer) => {
    const address = await serve()
    expect(await rawCall(address, request)).toMatch(answer)
    expect(service.calls).toBe(0)
    expect(await isAlive(address)).toBe(true)
  })

  it('a body over the limit that comes in chunks', async () => {
    const address = await serve({ maxBodyBytes: 1000 })
    const head = 'PUT /_groupcache/users/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n'
    const chunk = `400\r\n${'a'.repeat(0x400)}\r\n`
    expect(await rawCall(address, head + chunk.repeat(50))).toMatch(/^HTTP\/1.1 413 /)
  })

  it('a flood of chunk extensions', async () => {
    const address = await serve()
    const head = 'PUT /_groupcache/users/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n'
    const text = await rawCall(address, `${head}1;${'x=y;'.repeat(10_000)}\r\na\r\n0\r\n\r\n`)
    expect(text).toMatch(/^HTTP\/1.1 4(00|13) /)
  })

  it('headers that come too slowly', async () => {
    const address = await serve()
    const [host, port] = address.split(':')
    const socket = connect(Number(port), host!)
    let text = ''
    socket.on('error', () => {})
    socket.on('data', chunk => {
      text += chunk.toString()
    })
    const timer = setInterval(() => socket.write('X'), 20)
    socket.write('GET /_groupcache/users/a HTTP/1.1\r\n')
    await once(socket, 'close')
    clearInterval(timer)
    expect(text).toMatch(/^HTTP\/1.1 408 /)
  })

  it('a body that comes too slowly', async () => {
    const address = await serve()
    const start = performance.now()
    const text = await rawCall(
      address,
      'PUT /_groupcache/users/a HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\na',
      5_000,
    )
    expect(text).toMatch(/^HTTP\/1.1 408 /)
    expect(performance.now() - start).toBeLessThan(4_000)
  })

  it('requests sent one behind the other, in their order', async () => {
    const address = await serve()
    const request = (key: string): string => `${get(`/_groupcache/users/${key}`)}\r\n`
    const text = await rawCall(address, `${['a', 'nf1', 'b'].map(request).join('')}`, 1_000)
    expect([...text.matchAll(/val:a|no such user nf1|val:b/g)].map(String)).toEqual([
      'val:a',
      'no such user nf1',
      'val:b',
    ])
  })

  it('a client that has ended its half of the connection', async () => {
    const address = await serve()
    const [host, port] = address.split(':')
    const socket = connect({ port: Number(port), host: host!, allowHalfOpen: true })
    let text = ''
    socket.on('data', chunk => {
      text += chunk.toString()
    })
    socket.end(`${get('/_groupcache/users/a')}\r\n`)
    await once(socket, 'end')
    socket.destroy()
    expect(text).toMatch(/^HTTP\/1.1 200 /)
  })

  it('only so many requests at once', async () => {
    let release = (): void => {}
    service.hold = new Promise(resolve => {
      release = resolve
    })
    const address = await serve({ maxConcurrentRequests: 2 })
    const request = `${get('/_groupcache/users/a')}Connection: close\r\n\r\n`
    const first = [rawCall(address, request), rawCall(address, request)]
    await until(() => service.calls === 2)
    expect(await rawCall(address, request)).toMatch(/^HTTP\/1.1 429 /)
    release()
    for (const each of first) expect(await each).toMatch(/^HTTP\/1.1 200 /)
  })

  it('only so many connections at once', async () => {
    const address = await serve({ limits: { ...limits, maxConnections: 2, keepAliveTimeoutMs: 5_000 } })
    const idle = Array.from({ length: 2 }, () => rawCall(address, `${get('/_groupcache/users/a')}\r\n`, 500))
    await until(() => service.calls === 2)
    expect(await rawCall(address, `${get('/_groupcache/users/a')}\r\n`, 500)).toBe('')
    for (const each of idle) expect(await each).toMatch(/^HTTP\/1.1 200 /)
    expect(await isAlive(address)).toBe(true)
  })
})

describe('a server', () => {
  it('aborts the work for a client that has gone', async () => {
    service.hold = new Promise(() => {})
    const address = await serve({ limits: { ...limits, closeTimeoutMs: 50 } })
    await rawCall(address, `${get('/_groupcache/users/a')}\r\n`, 200)
    await until(() => service.aborted === 1)
  })

  it('closes with what is under way answered, and destroys what does not end', async () => {
    let release = (): void => {}
    service.hold = new Promise(resolve => {
      release = resolve
    })
    const server = await GroupServer.listen('127.0.0.1:0', { service }, { limits: { closeTimeoutMs: 300 } })
    const under = rawCall(server.address, `${get('/_groupcache/users/a')}\r\n`, 5_000)
    const silent = rawCall(server.address, 'GET', 5_000)
    await until(() => service.calls === 1)
    const closed = server.close()
    release()
    expect(await under).toMatch(/^HTTP\/1.1 200 [\s\S]*Connection: close/i)
    await closed
    expect(await silent).not.toContain('200')
    await expect(nodeTransport().connect(server.address).get('users', bytes('a'))).rejects.toMatchObject({
      code: 'PEER_FAILED',
    })
    await server.close()
  })

  it('says where it cannot listen', async () => {
    const address = await serve()
    const node = { service }
    await expect(GroupServer.listen(address, node)).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
    for (const bad of ['', 'host', '127.0.0.1', '127.0.0.1:x', '127.0.0.1:70000', 'a b:1', 'http://a:1']) {
      await expect(GroupServer.listen(bad, node), bad).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
    }
    await expect(GroupServer.listen('127.0.0.1:0', node, { limits: { maxConnections: 0 } })).rejects.toThrow(RangeError)
    await expect(GroupServer.listen('127.0.0.1:0', node, { limit: {} } as never)).rejects.toThrow(
      'Unknown option limit',
    )
  })
})
