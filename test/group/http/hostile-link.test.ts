import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { entryFromWire } from '../../../src/group/entry.ts'
import { GroupServer } from '../../../src/group/node/group-server.ts'
import { nodeTransport } from '../../../src/group/node/node-transport.ts'
import { bytes } from '../../store/scratch.ts'
import { until } from '../until.ts'
import { RecordedGroup } from '../wire/recorded-group.ts'
import { atEnd, rawServer } from './raw.ts'

describe('a hostile link', () => {
  const upgrade =
    'GET /_groupcache/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: coldsnap-group/1\r\nx-coldsnap-max-frame: 100000\r\n\r\n'

  async function attack(address: string, payload: Uint8Array): Promise<string> {
    const [host, port] = address.split(':')
    const socket = connect(Number(port), host!)
    atEnd(() => void socket.destroy())
    let text = ''
    socket.on('error', () => {})
    socket.on('data', chunk => {
      text += chunk.toString('latin1')
    })
    const closed = once(socket, 'close')
    socket.write(upgrade)
    await until(() => text.includes('\r\n\r\n'))
    socket.write(payload)
    const timer = setTimeout(() => socket.destroy(new Error('The server kept the link')), 2_000)
    await closed
    clearTimeout(timer)
    expect(socket.errored?.message).not.toBe('The server kept the link')
    return text.slice(0, text.indexOf('\r\n'))
  }

  it.each([
    ['a frame that is too large', 'ffffffff01'],
    ['a frame that is too short', '04000000010000'],
    ['an unknown kind', '050000006300000000'],
    ['an answer', '050000001100000000'],
    ['a get without keys', '0d00000001010000000400000061626364'],
    ['lengths past the end', '0d0000000101000000ffffffff61626364'],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n').toString('hex')],
  ])('is ended by the server at %s', async (_, hex) => {
    const server = await GroupServer.listen('127.0.0.1:0', { service: new RecordedGroup() })
    atEnd(() => server.close())
    expect(await attack(server.address, Buffer.from(hex, 'hex'))).toBe('HTTP/1.1 101 Switching Protocols')
  })

  it('is refused without the secret', async () => {
    const server = await GroupServer.listen(
      '127.0.0.1:0',
      { service: new RecordedGroup() },
      { secret: 'correct horse battery staple' },
    )
    atEnd(() => server.close())
    expect(await attack(server.address, new Uint8Array())).toBe('HTTP/1.1 401 Unauthorized')
  })

  it.each([
    ['garbage', Buffer.from('garbage garbage')],
    ['an answer of another kind', Buffer.from('050000001101000000', 'hex')],
    ['nothing more', Buffer.alloc(0)],
  ])('is ended by the client when the server sends %s', async (_, payload) => {
    let upgrades = 0
    const server = await rawServer(socket =>
      socket.on('data', chunk => {
        const text = chunk.toString()
        if (/upgrade: coldsnap/i.test(text)) {
          upgrades++
          socket.write(
            'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: coldsnap-group/1\r\nx-coldsnap-max-frame: 100000\r\n\r\n',
          )
        } else if (text.startsWith('GET')) {
          socket.write(
            'HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nx-coldsnap: 1\r\nContent-Length: 9\r\n\r\n\x0a\x05val:a\x18\x00',
          )
        } else socket.end(payload)
      }),
    )
    const peer = nodeTransport({ timeoutMs: 1_000 }).connect(server.address)
    atEnd(() => peer.close())
    await peer.get('users', bytes('a'))
    await until(() => upgrades === 1)
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(await peer.get('users', bytes('a'))).toEqual({ kind: 'value', entry: entryFromWire(bytes('val:a'), 0n) })
  })
})
