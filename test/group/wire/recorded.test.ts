import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../src/bytes/hex.ts'
import { utf8Encode } from '../../../src/bytes/utf8.ts'
import { isCacheError } from '../../../src/errors.ts'
import { entryFromWire } from '../../../src/group/entry.ts'
import { answerRequest } from '../../../src/group/wire/answer-request.ts'
import { concludeChange, concludeGet, concludeRemoveMany } from '../../../src/group/wire/conclude.ts'
import type { HttpAnswer, PeerRequest } from '../../../src/group/wire/http-message.ts'
import { getRequest, removeManyRequests, removeRequest, setRequest } from '../../../src/group/wire/peer-requests.ts'
import { RecordedGroup } from './recorded-group.ts'
import { type ClientRow, recordedRows, type ServerRow } from './recorded-rows.ts'

const bytesOf = (hex = ''): Uint8Array => fromHex(hex)!

describe("our client sends what Go's does, and draws the same conclusion", () => {
  it.each(recordedRows.client.map(row => [row.name, row] as const))('%s', (_, row) => {
    const request = requestOf(row)
    expect(`${request.method} ${request.target} HTTP/1.1`).toBe(row.requestLatin1.split('\r\n')[0])
    expect(toHex(request.body ?? new Uint8Array())).toBe(row.requestBodyHex ?? '')
    if (row.call === 'get') concludesLikeGo(row, answerOf(row))
    else if (row.goError === undefined) conclude(row)
    else expect(failure(() => conclude(row))).toBe(`found status ${row.goError.match(/\d{3}/)?.[0]}`)
  })

  function requestOf({ call, group, keyHex, keys = [], valueHex, expireUnixNs = '0' }: ClientRow): PeerRequest {
    const key = bytesOf(keyHex)
    if (call === 'get') return getRequest({}, group, key)
    if (call === 'set') return setRequest({}, group, key, entryFromWire(bytesOf(valueHex), BigInt(expireUnixNs)))
    if (call === 'remove') return removeRequest({}, group, key)
    const { atOnce, keysAtOnce, single } = removeManyRequests({}, group, keys.map(utf8Encode))
    expect([keysAtOnce.length, single]).toEqual([keys.length, []])
    return atOnce!
  }

  function answerOf({ answerLatin1, answerBodyHex }: ClientRow): HttpAnswer {
    const [status, ...lines] = answerLatin1.split('\r\n')
    const headers = lines.map(line => line.split(': ')).map(([name, value]) => [name!.toLowerCase(), value!] as const)
    return { status: Number(status!.split(' ')[1]), headers: Object.fromEntries(headers), body: bytesOf(answerBodyHex) }
  }

  function conclude(row: ClientRow): void {
    if (row.call === 'removeKeys') expect(concludeRemoveMany(answerOf(row))).toBe(true)
    else concludeChange(answerOf(row))
  }

  function concludesLikeGo(row: ClientRow, answer: HttpAnswer): void {
    if (row.goError === undefined) {
      const entry = entryFromWire(bytesOf(row.gotValueHex), BigInt(row.gotExpireUnixNs!))
      expect(concludeGet(answer)).toEqual({ kind: 'value', entry })
    } else if (answer.status === 404) expect(concludeGet(answer)).toEqual({ kind: 'notFound', message: row.goError })
    else if (answer.status === 503) expect(concludeGet(answer)).toEqual({ kind: 'loadFailed', message: row.goError })
    else expect(failure(() => concludeGet(answer))).toMatch(/cannot be read|found status [45]00/)
  }

  function failure(work: () => unknown): string | undefined {
    try {
      work()
    } catch (error) {
      expect(isCacheError(error, 'PEER_FAILED')).toBe(true)
      return (error as Error).message.replace('Peer cannot serve: ', '')
    }
    return undefined
  }
})

describe("our server answers as Go's", () => {
  // In one group, one after the other, as they were recorded.
  const service = new RecordedGroup()

  it.each(recordedRows.server.map(row => [row.name, row] as const))('%s', async (_, row) => {
    const [method, target] = row.requestLatin1.split(' ')
    const answer = await answerRequest(service, { method: method!, target: target!, body: bytesOf(row.requestBodyHex) })
    expect(answer.headers['x-coldsnap']).toBe('1')
    if (row.closedWithoutAnswer) {
      expect(answer.status).toBe(500)
      expect(Buffer.from(answer.body).toString()).toBe('no such group: nobody\n')
      return
    }
    expect(answer.status).toBe(row.status)
    expect(answer.headers['content-type']).toBe(row.headers['Content-Type'])
    expect(answer.headers['x-content-type-options']).toBe(row.headers['X-Content-Type-Options'])
    expect(comparable(row, toHex(answer.body))).toBe(comparable(row, row.responseBodyHex))
    if (method === 'HEAD') expect(String(answer.body.byteLength)).toBe(row.headers['Content-Length'])
    if (row.effect !== undefined) await expectEffect(row.effect)
  })

  // Go tells a loader that set nothing from one that set an empty value, in two bytes that every reader takes alike;
  // and texts about parsing are each language's own. A HEAD has no body.
  function comparable({ name, status, requestLatin1 }: ServerRow, hex: string): string {
    if (name === 'get nothing set') return hex.replace(/^0a00/, '')
    return requestLatin1.startsWith('HEAD') || status === 400 ? hex.slice(-2).replace(/^$/, '0a') : hex
  }

  async function expectEffect(effect: string): Promise<void> {
    const [, key, value, loads] = /^Get\((".*?")\) then gives (".*?") err=<nil> loads\+(\d+)$/.exec(effect)!
    const before = service.loads
    const answer = await service.get('users', utf8Encode(JSON.parse(key!)))
    expect(answer.kind === 'value' && Buffer.from(answer.entry.value).toString()).toBe(JSON.parse(value!))
    expect(service.loads - before).toBe(Number(loads))
  }
})
