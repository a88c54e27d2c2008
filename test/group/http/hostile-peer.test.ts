import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { httpTransport } from '../../../src/group/http-transport.ts'
import { nodeTransport } from '../../../src/group/node/node-transport.ts'
import { bytes } from '../../store/scratch.ts'
import { until } from '../until.ts'
import { atEnd, rawServer } from './raw.ts'

const shortMs = 250
// For peers whose fault shows by itself, before the deadline.
const longMs = 10_000
const maxAnswerBytes = 64 * 1024
// The deadline plus 100 ms is the rule; the rest is for a machine that does other things meanwhile.
const graceMs = 100 + 1_500

const ok = 'HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\n'
const value = '\x0a\x01v\x18\x00'

const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024))

/** Writes again and again until the socket is gone or its buffer is full for good. */
function repeat(socket: Socket, text: string | Buffer, everyMs: number): void {
  const timer = setInterval(() => {
    if (socket.destroyed) clearInterval(timer)
    else if (socket.writableLength < 1024 * 1024) socket.write(text)
  }, everyMs)
  atEnd(() => clearInterval(timer))
}

/** What a peer does when a request comes; and whether the client may end before its deadline. */
type Behaviour = readonly [name: string, act: (socket: Socket) => void, outcome: 'PEER_FAILED' | 'TIMEOUT' | 'either']

const behaviours: readonly Behaviour[] = [
  ['accepts and is silent', () => {}, 'TIMEOUT'],
  ['sends half the status line', socket => socket.write('HTTP/1.1 2'), 'TIMEOUT'],
  ['sends headers, then nothing', socket => socket.write(`${ok}Content-Length: 5\r\n\r\n`), 'TIMEOUT'],
  ['sends half the body, then nothing', socket => socket.write(`${ok}Content-Length: 5\r\n\r\n\x0a`), 'TIMEOUT'],
  [
    'sends one byte per 50 ms',
    socket => {
      socket.write(`${ok}Content-Length: 5000\r\n\r\n`)
      repeat(socket, 'a', 50)
    },
    'TIMEOUT',
  ],
  [
    'sends an endless body',
    socket => {
      socket.write(`${ok}Transfer-Encoding: chunked\r\n\r\n`)
      repeat(socket, `10000\r\n${'a'.repeat(0x10000)}\r\n`, 1)
    },
    'PEER_FAILED',
  ],
  [
    'sends endless headers',
    socket => {
      socket.write(ok)
      repeat(socket, `x-${randomBytes(8).toString('hex')}: ${'a'.repeat(1000)}\r\n`, 1)
    },
    'PEER_FAILED',
  ],
  [
    'says a length that is too short',
    socket => socket.end(`${ok}Content-Length: 2\r\nConnection: close\r\n\r\n${value}`),
    'PEER_FAILED',
  ],
  [
    'says a length that is too long, and closes',
    socket => socket.end(`${ok}Content-Length: 500\r\n\r\n${value}`),
    'PEER_FAILED',
  ],
  [
    'says a length that is no number',
    socket => socket.write(`${ok}Content-Length: five\r\n\r\n${value}`),
    'PEER_FAILED',
  ],
  [
    'says two lengths',
    socket => socket.write(`${ok}Content-Length: 5\r\nContent-Length: 6\r\n\r\n${value}`),
    'PEER_FAILED',
  ],
  [
    'sends chunks that are none',
    socket => socket.write(`${ok}Transfer-Encoding: chunked\r\n\r\nzz\r\n${value}\r\n0\r\n\r\n`),
    'PEER_FAILED',
  ],
  [
    'cuts off its chunks',
    socket => socket.end(`${ok}Transfer-Encoding: chunked\r\n\r\n5\r\n${value}\r\n`),
    'PEER_FAILED',
  ],
  [
    'sends a gzip bomb',
    socket => {
      socket.write(`${ok}Content-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`)
      socket.write(bomb)
    },
    'PEER_FAILED',
  ],
  [
    'sends gzip that is none',
    socket => socket.write(`${ok}Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\n${value}`),
    'PEER_FAILED',
  ],
  [
    'announces a value over the limit',
    socket => socket.write(`${ok}Content-Length: 10000000000000\r\n\r\n`),
    'PEER_FAILED',
  ],
  ['sends no protobuf', socket => socket.write(`${ok}Content-Length: 3\r\n\r\n\x0a\x7fv`), 'PEER_FAILED'],
  ['closes at once', socket => socket.end(), 'PEER_FAILED'],
  ['resets', socket => socket.resetAndDestroy(), 'PEER_FAILED'],
  [
    'resets in the body',
    socket => {
      socket.write(`${ok}Content-Length: 5\r\n\r\n\x0a`)
      setTimeout(() => socket.resetAndDestroy(), 20)
    },
    'PEER_FAILED',
  ],
  ['floods with 1xx', socket => repeat(socket, 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(100), 1), 'either'],
  [
    'redirects to itself',
    socket =>
      socket.write('HTTP/1.1 307 Temporary Redirect\r\nLocation: /_groupcache/g/k\r\nContent-Length: 0\r\n\r\n'),
    'PEER_FAILED',
  ],
  [
    'changes the protocol unasked',
    socket => socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nhello'),
    'PEER_FAILED',
  ],
  [
    'sends HTML with 200',
    socket => socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\n<p>hi</p>'),
    'PEER_FAILED',
  ],
  ['speaks no HTTP', socket => socket.write('220 mail.example.com ESMTP\r\n'), 'PEER_FAILED'],
  ['answers in TLS', socket => socket.write(Buffer.from('15030300020228', 'hex')), 'PEER_FAILED'],
]

describe.each([
  ['nodeTransport', nodeTransport, 0],
  // What connections it opens and holds for whatever comes next is the platform's affair.
  ['httpTransport', httpTransport, Number.POSITIVE_INFINITY],
] as const)('%s ends by its deadline if a peer', (_, transport, idle) => {
  it.each(behaviours)('%s', async (_, act, outcome) => {
    const timeoutMs = outcome === 'PEER_FAILED' ? longMs : shortMs
    const server = await rawServer(socket => socket.once('data', () => act(socket)))
    const peer = transport({ timeoutMs, maxAnswerBytes }).connect(server.address)
    atEnd(() => peer.close())
    const start = performance.now()
    const error = await peer.get('g', bytes('k')).then(
      answer => Object.assign(new Error('it answered'), { code: JSON.stringify(answer.kind) }),
      (error: Error & { code: string }) => error,
    )
    const tookMs = performance.now() - start
    if (outcome === 'either') expect(['TIMEOUT', 'PEER_FAILED']).toContain(error.code)
    else expect(error).toMatchObject({ code: outcome })
    expect(tookMs).toBeLessThan(shortMs + graceMs)
    if (error.code === 'TIMEOUT') expect(tookMs).toBeGreaterThan(timeoutMs - 50)
    await peer.close()
    await until(() => server.open() <= idle)
  })

  it('never accepts', async () => {
    // Port 1 of the loopback refuses; what is dropped on the way ends by the same deadline as silence.
    const peer = transport({ timeoutMs: longMs }).connect('127.0.0.1:1')
    atEnd(() => peer.close())
    await expect(peer.get('g', bytes('k'))).rejects.toMatchObject({ code: 'PEER_FAILED' })
  })
})

describe('nodeTransport keeps answers apart if a peer', () => {
  it.each([
    [
      'sends two answers at once',
      `${ok}Content-Length: 5\r\n\r\n${value}${ok}Content-Length: 5\r\n\r\n\x0a\x01X\x18\x00`,
      0,
    ],
    ['sends another answer while the connection is idle', `${ok}Content-Length: 5\r\n\r\n\x0a\x01X\x18\x00`, 30],
    ['sends garbage while the connection is idle', 'garbage\r\n\r\n', 30],
  ] as const)('%s', async (_, text, delayMs) => {
    let requests = 0
    const server = await rawServer(socket =>
      socket.on('data', () => {
        const answer = `${ok}Content-Length: 5\r\n\r\n\x0a\x01${requests++}\x18\x00`
        if (delayMs === 0) return void socket.write(requests === 1 ? text : answer, 'latin1')
        socket.write(answer, 'latin1')
        if (requests === 1) setTimeout(() => socket.write(text, 'latin1'), delayMs)
      }),
    )
    const peer = nodeTransport({ timeoutMs: 2_000 }).connect(server.address)
    atEnd(() => peer.close())
    const ask = async (): Promise<string> => {
      const answer = await peer.get('g', bytes('k')).catch(() => undefined)
      return answer?.kind === 'value' ? Buffer.from(answer.entry.value).toString() : 'failed'
    }
    await ask()
    await new Promise(resolve => setTimeout(resolve, 3 * delayMs))
    expect(await ask()).toBe('1')
  })
})

describe('the memory that a hostile peer costs', () => {
  it.each(behaviours.filter(([name]) => /endless|bomb|over the limit/.test(name)))(
    '%s',
    async (_, act) => {
      const server = await rawServer(socket => socket.once('data', () => act(socket)))
      const peer = nodeTransport({ timeoutMs: shortMs, maxAnswerBytes, link: false }).connect(server.address)
      atEnd(() => peer.close())
      const ask = (): Promise<unknown> => peer.get('g', bytes('k')).catch(() => undefined)
      await ask()
      const before = process.memoryUsage().rss
      let mostBytes = 0
      const timer = setInterval(() => {
        mostBytes = Math.max(mostBytes, process.memoryUsage().rss - before)
      }, 5)
      for (let i = 0; i < 20; i++) await ask()
      clearInterval(timer)
      // Twenty bombs are 1,280 MiB; what remains is what Node keeps for sockets, and garbage.
      expect(mostBytes).toBeLessThan(192 << 20)
    },
    60_000,
  )
})

describe('nodeTransport and a connection that was kept and closed meanwhile', () => {
  it('asks once more for a value, and never for a change', async () => {
    for (const call of ['get', 'remove'] as const) {
      let requests = 0
      const server = await rawServer(socket => {
        let isFirst = true
        socket.on('data', () => {
          requests++
          // The second request on a connection meets its end.
          if (!isFirst) return void socket.resetAndDestroy()
          isFirst = false
          socket.write(`${ok}Content-Length: 5\r\n\r\n${value}`, 'latin1')
        })
      })
      const peer = nodeTransport().connect(server.address)
      atEnd(() => peer.close())
      await peer.get('g', bytes('k'))
      const second = await peer[call]('g', bytes('k')).then(
        () => 'done',
        (error: { code: string }) => error.code,
      )
      expect([call, second, requests]).toEqual(call === 'get' ? ['get', 'done', 3] : ['remove', 'PEER_FAILED', 2])
    }
  })
})
