import { describe, expect, it } from 'vitest'
import { utf8Encode } from '../../../src/bytes/utf8.ts'
import { entryFromWire } from '../../../src/group/entry.ts'
import { httpTransport } from '../../../src/group/http-transport.ts'
import { GroupServer } from '../../../src/group/node/group-server.ts'
import { nodeTransport } from '../../../src/group/node/node-transport.ts'
import type { Peer } from '../../../src/group/transport.ts'
import { RecordedGroup } from '../wire/recorded-group.ts'
import { type ClientRow, recordedRows } from '../wire/recorded-rows.ts'
import { atEnd, rawCall, scriptedServer } from './raw.ts'

// The conversations of wire.json over real sockets. What they mean is proved in test/group/wire.

const fromHex = (hex = ''): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))

async function outcome(peer: Peer, row: ClientRow): Promise<string> {
  const { call, group, keys = [], expireUnixNs = '0' } = row
  const key = fromHex(row.keyHex)
  try {
    if (call === 'get') {
      const answer = await peer.get(group, key)
      if (answer.kind !== 'value') return `${answer.kind}: ${answer.message}`
      return `${Buffer.from(answer.entry.value).toString('hex')} ${answer.entry.expireNs}`
    }
    if (call === 'set') await peer.set(group, key, entryFromWire(fromHex(row.valueHex), BigInt(expireUnixNs)))
    else if (call === 'remove') await peer.remove(group, key)
    else await peer.removeMany(group, keys.map(utf8Encode))
    return 'done'
  } catch (error) {
    return (error as { code: string }).code
  }
}

function wanted({ call, goError, answerLatin1, gotValueHex = '', gotExpireUnixNs }: ClientRow): string {
  if (call !== 'get') return goError === undefined ? 'done' : 'PEER_FAILED'
  if (goError === undefined) return `${gotValueHex} ${gotExpireUnixNs}`
  const status = answerLatin1.split(' ')[1]
  if (status === '404') return `notFound: ${goError}`
  return status === '503' ? `loadFailed: ${goError}` : 'PEER_FAILED'
}

describe.each([
  ['nodeTransport', nodeTransport],
  ['httpTransport', httpTransport],
] as const)("%s sends what Go's client does", (_, transport) => {
  it.each(recordedRows.client.map(row => [row.name, row] as const))('%s', async (_, row) => {
    const body = Buffer.from(row.answerBodyHex ?? '', 'hex').toString('latin1')
    const server = await scriptedServer(() => `${row.answerLatin1}\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
    const peer = transport().connect(server.address)
    atEnd(() => peer.close())
    expect(await outcome(peer, row)).toBe(wanted(row))
    expect(server.requests.map(each => each.head.split('\r\n')[0])).toEqual([row.requestLatin1.split('\r\n')[0]])
    expect(server.requests[0]!.bodyHex).toBe(row.requestBodyHex ?? '')
  })
})

it("a server answers what Go's did, over one socket each", async () => {
  const server = await GroupServer.listen('127.0.0.1:0', { service: new RecordedGroup() })
  atEnd(() => server.close())
  for (const row of recordedRows.server) {
    const body = Buffer.from(row.requestBodyHex ?? '', 'hex').toString('latin1')
    const length = body === '' ? '' : `Content-Length: ${body.length}\r\n`
    const text = await rawCall(
      server.address,
      `${row.requestLatin1}\r\nHost: x\r\nConnection: close\r\n${length}\r\n${body}`,
    )
    const [head, answer] = [text.slice(0, text.indexOf('\r\n\r\n')), text.slice(text.indexOf('\r\n\r\n') + 4)]
    expect(Number(head.split(' ')[1]), row.name).toBe(row.status === 0 ? 500 : row.status)
    expect(head, row.name).toContain('\r\nx-coldsnap: 1')
    if (row.requestLatin1.startsWith('HEAD')) {
      expect([answer, /content-length: (\d+)/.exec(head)?.[1]]).toEqual(['', '42'])
    } else if (row.status !== 0 && row.status !== 400 && row.name !== 'get nothing set') {
      expect(Buffer.from(answer, 'latin1').toString('hex'), row.name).toBe(row.responseBodyHex)
    }
  }
})
