import { createHash, createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { fetchHandler } from '../../../src/group/fetch-handler.ts'
import { httpTransport } from '../../../src/group/http-transport.ts'
import { GroupServer } from '../../../src/group/node/group-server.ts'
import { nodeTransport } from '../../../src/group/node/node-transport.ts'
import { RequestSigner, type SignedRequest } from '../../../src/group/signing.ts'
import { bytes } from '../../store/scratch.ts'
import { RecordedGroup } from '../wire/recorded-group.ts'
import { atEnd, scriptedServer } from './raw.ts'

const secret = 'correct horse battery staple'
const other = 'another secret of enough bytes'
const request: SignedRequest = { method: 'PUT', target: '/_groupcache/users/a?x=1', body: bytes('body') }

function clockAt(nowMs: number): { clock: () => number; set(nowMs: number): void } {
  let now = nowMs
  return {
    clock: () => now,
    set: to => {
      now = to
    },
  }
}

const headerIn =
  (headers: Record<string, string>) =>
  (name: string): string | undefined =>
    headers[name]

describe('RequestSigner', () => {
  it('signs as docs/PROTOCOL.md says', async () => {
    const headers = await new RequestSigner(secret, { clock: () => 1_700_000_000_123 }).sign(request)
    const nonce = headers['x-coldsnap-nonce']!
    expect(nonce).toMatch(/^[0-9a-f]{32}$/)
    const digest = createHash('sha256').update('body').digest('hex')
    const text = `coldsnap-request-1\nPUT\n/_groupcache/users/a?x=1\n${digest}\n1700000000123\n${nonce}`
    expect(headers).toEqual({
      'x-coldsnap-time': '1700000000123',
      'x-coldsnap-nonce': nonce,
      'x-coldsnap-signature': createHmac('sha256', secret).update(text).digest('hex'),
    })
  })

  it('takes a request once, and none that was changed', async () => {
    const signer = new RequestSigner(secret)
    const headers = await signer.sign(request)
    const { 'x-coldsnap-signature': signature, 'x-coldsnap-time': time } = headers
    const changed: readonly (readonly [string, SignedRequest, Record<string, string>])[] = [
      ['method', { ...request, method: 'POST' }, headers],
      ['target', { ...request, target: '/_groupcache/users/b?x=1' }, headers],
      ['query', { ...request, target: '/_groupcache/users/a' }, headers],
      ['body', { ...request, body: bytes('bodY') }, headers],
      ['no body', { ...request, body: bytes('') }, headers],
      ['time', request, { ...headers, 'x-coldsnap-time': String(Number(time) + 1) }],
      ['nonce', request, { ...headers, 'x-coldsnap-nonce': '0'.repeat(32) }],
      [
        'signature',
        request,
        { ...headers, 'x-coldsnap-signature': signature!.replace(/^./, c => (c === '0' ? '1' : '0')) },
      ],
      ['short signature', request, { ...headers, 'x-coldsnap-signature': signature!.slice(2) }],
      ['no signature', request, {}],
      ['odd nonce', request, { ...headers, 'x-coldsnap-nonce': 'A'.repeat(32) }],
      ['odd time', request, { ...headers, 'x-coldsnap-time': 'now' }],
    ]
    for (const [what, each, sent] of changed) expect(await signer.verify(each, headerIn(sent)), what).toBeUndefined()
    expect(await signer.verify(request, headerIn(headers))).toBe(signer.key)
    expect(await signer.verify(request, headerIn(headers))).toBeUndefined()
  })

  it('refuses a wrong secret, and takes every one of several', async () => {
    const old = new RequestSigner(other)
    const next = new RequestSigner(secret)
    const both = new RequestSigner([secret, other])
    expect(await next.verify(request, headerIn(await old.sign(request)))).toBeUndefined()
    for (const signer of [old, next, both]) {
      expect(await both.verify(request, headerIn(await signer.sign(request)))).toBeDefined()
    }
    expect(await next.verify(request, headerIn(await both.sign(request)))).toBeDefined()
  })

  it('takes times inside the window only', async () => {
    const client = clockAt(1_000_000)
    const server = clockAt(1_000_000)
    const signer = new RequestSigner(secret, { clock: client.clock })
    const verifier = new RequestSigner(secret, { clock: server.clock, windowMs: 1000 })
    for (const [skewMs, isTaken] of [
      [0, true],
      [1000, true],
      [-1000, true],
      [1001, false],
      [-1001, false],
    ] as const) {
      client.set(1_000_000 + skewMs)
      const found = await verifier.verify(request, headerIn(await signer.sign(request)))
      expect(found !== undefined, `${skewMs}`).toBe(isTaken)
    }
  })

  it('knows a nonce as long as its time is inside the window, and forgets it then', async () => {
    const time = clockAt(0)
    const verifier = new RequestSigner(secret, { clock: time.clock, windowMs: 1000, maxNonces: 3 })
    const early = new RequestSigner(secret, { clock: () => 2000 })
    time.set(1000)
    const headers = await early.sign(request)
    expect(await verifier.verify(request, headerIn(headers))).toBeDefined()
    for (const nowMs of [1000, 2000, 2999, 3000]) {
      time.set(nowMs)
      expect(await verifier.verify(request, headerIn(headers)), `${nowMs}`).toBeUndefined()
    }
    const taken: boolean[] = []
    for (const nowMs of [3000, 3000, 3000, 9000, 9000, 9000, 9000]) {
      time.set(nowMs)
      const now = new RequestSigner(secret, { clock: time.clock })
      taken.push((await verifier.verify(request, headerIn(await now.sign(request)))) !== undefined)
    }
    // Full of nonces that may still come again, it rather takes none.
    expect(taken).toEqual([true, true, false, true, true, true, false])
  })

  it('checks its secrets', () => {
    expect(() => new RequestSigner([])).toThrow(RangeError)
    expect(() => new RequestSigner('short')).toThrow('at least 16 bytes, received 5')
    expect(() => new RequestSigner([secret, new Uint8Array(15)])).toThrow(RangeError)
    expect(() => new RequestSigner(5 as never)).toThrow(TypeError)
  })
})

describe('nodes with a secret', () => {
  const keys = ['a', 'a b', 'ü/%', '\x00\xff']

  async function serve(secrets: string | readonly string[] | undefined): Promise<string> {
    const server = await GroupServer.listen('127.0.0.1:0', { service: new RecordedGroup() }, { secret: secrets })
    atEnd(() => server.close())
    return server.address
  }

  it.each([
    ['nodeTransport', nodeTransport],
    ['httpTransport', httpTransport],
  ] as const)('answer %s with it, and nobody else', async (_, transport) => {
    const address = await serve([other, secret])
    const peers = {
      right: transport({ secret }).connect(address),
      older: transport({ secret: other }).connect(address),
    }
    for (const peer of Object.values(peers)) {
      for (const key of keys) expect(await peer.get('users', bytes(key))).toMatchObject({ kind: 'value' })
      await peer.removeMany('users', keys.map(bytes))
      await peer.set('users', bytes('k'), { value: bytes('v'), expiresAtMs: Number.POSITIVE_INFINITY, expireNs: 0n })
      await peer.close()
    }
    for (const options of [
      {},
      { secret: 'wrong secret of 28 bytes ...' },
      { secret, clock: () => Date.now() - 70_000 },
    ]) {
      const peer = transport(options).connect(address)
      for (const call of [() => peer.get('users', bytes('a')), () => peer.remove('users', bytes('a'))]) {
        await expect(call()).rejects.toMatchObject({ code: 'PEER_FAILED', message: expect.stringContaining('401') })
      }
      await peer.close()
    }
  })

  it('are asked by fetch handlers too', async () => {
    const handler = fetchHandler({ service: new RecordedGroup() }, { secret })
    const signed = httpTransport({ secret, fetch: (url, init) => handler(new Request(url, init)) }).connect('node:1')
    const plain = httpTransport({ fetch: (url, init) => handler(new Request(url, init)) }).connect('node:1')
    expect(await signed.get('users', bytes('a b'))).toMatchObject({ kind: 'value' })
    await expect(plain.get('users', bytes('a'))).rejects.toMatchObject({ code: 'PEER_FAILED' })
  })

  it('do not answer a request that is sent again', async () => {
    const address = await serve(secret)
    const recorder = await scriptedServer(() => 'HTTP/1.1 500 no\r\nContent-Length: 0\r\n\r\n')
    const peer = nodeTransport({ secret }).connect(recorder.address)
    await peer.remove('users', bytes('a')).catch(() => {})
    await peer.close()
    const head = recorder.requests[0]!.head.split('\r\n')
    const headers = Object.fromEntries(head.slice(1).map(line => line.split(': ') as [string, string]))
    const send = async (): Promise<number> =>
      (await fetch(`http://${address}/_groupcache/users/a`, { method: 'DELETE', headers: pick(headers) })).status
    expect([await send(), await send()]).toEqual([200, 401])
  })
})

function pick(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-coldsnap')))
}
