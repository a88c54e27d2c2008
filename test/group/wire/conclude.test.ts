import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src/bytes/hex.ts'
import { utf8Encode } from '../../../src/bytes/utf8.ts'
import { isCacheError } from '../../../src/errors.ts'
import { concludeChange, concludeGet, concludeGetMany, concludeRemoveMany } from '../../../src/group/wire/conclude.ts'
import type { HttpAnswer } from '../../../src/group/wire/http-message.ts'
import { removeManyRequests } from '../../../src/group/wire/peer-requests.ts'
import { messageBytes } from './arbitrary-message.ts'

const goError = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }
const ours = { ...goError, 'x-coldsnap': '1' }
const message = { 'content-type': 'application/x-protobuf' }

function answer(status: number, body: string | Uint8Array, headers: Readonly<Record<string, string>>): HttpAnswer {
  return { status, headers, body: typeof body === 'string' ? utf8Encode(body) : body }
}

function isFailed(work: () => unknown): boolean {
  try {
    work()
    return false
  } catch (error) {
    return isCacheError(error, 'PEER_FAILED')
  }
}

describe('concludeGet', () => {
  it('trims the newlines of a text, and nothing else', () => {
    expect(concludeGet(answer(404, '\n\n no\nuser \n\n', goError))).toEqual({ kind: 'notFound', message: ' no\nuser ' })
    expect(concludeGet(answer(503, '\n', goError))).toEqual({ kind: 'loadFailed', message: '' })
    expect(concludeGet(answer(503, '\u00e9\n', { ...goError, 'content-type': 'Text/Plain;charset=UTF-8' }))).toEqual({
      kind: 'loadFailed',
      message: '\u00e9',
    })
  })

  it('does not take for "no such key" what is about a path, a group or a method', () => {
    const texts = ['404 page not found', 'no such group: users', 'no such group: a\nb', 'invalid path for POST method']
    for (const text of texts) {
      expect(
        isFailed(() => concludeGet(answer(404, `${text}\n`, goError))),
        text,
      ).toBe(true)
      // Our own nodes say these only where a loader does.
      expect(concludeGet(answer(404, `${text}\n`, ours))).toEqual({ kind: 'notFound', message: text })
    }
    expect(concludeGet(answer(404, 'the page was not found\n', goError)).kind).toBe('notFound')
  })

  it('takes a 404 or 503 of anything but a groupcache for a failed peer', () => {
    for (const status of [404, 503]) {
      for (const [headers, body] of [
        [{}, 'x\n'],
        [{ 'content-type': 'text/html' }, '<html>\n'],
        [{ 'content-type': 'text/plain' }, 'upstream connect error\n'],
        [goError, 'no newline'],
        [goError, ''],
      ] as const) {
        expect(isFailed(() => concludeGet(answer(status, body, headers)))).toBe(true)
      }
    }
  })

  it('takes every other status for a failed peer, though it be ours', () => {
    for (const status of [201, 204, 206, 301, 307, 400, 401, 403, 405, 408, 413, 429, 500, 502, 504]) {
      expect(
        isFailed(() => concludeGet(answer(status, 'x\n', ours))),
        `${status}`,
      ).toBe(true)
    }
  })

  it('does not take a page for a value', () => {
    for (const headers of [{}, { 'content-type': 'text/html' }]) {
      expect(isFailed(() => concludeGet(answer(200, '', headers)))).toBe(true)
    }
  })

  it('keeps the text of a failure out of the message, and its beginning as the cause', () => {
    try {
      concludeGet(answer(500, 'k'.repeat(5000), {}))
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ message: 'Peer cannot serve: found status 500', code: 'PEER_FAILED' })
      expect((error as Error).cause).toMatchObject({ message: 'k'.repeat(200) })
    }
  })

  it('of any bytes is a value or PEER_FAILED', () => {
    fc.assert(
      fc.property(messageBytes, bytes => {
        const got = answer(200, bytes, message)
        if (!isFailed(() => concludeGet(got))) expect(concludeGet(got).kind).toBe('value')
      }),
    )
  })
})

describe('concludeChange', () => {
  it('is done at 200 only, and not at a value', () => {
    concludeChange(answer(200, '', {}))
    concludeChange(answer(200, '', { 'x-coldsnap': '1' }))
    for (const status of [204, 301, 400, 404, 405, 413, 500, 503]) {
      expect(isFailed(() => concludeChange(answer(status, 'x\n', ours)))).toBe(true)
    }
    // What an old program sends that takes a PUT for a GET.
    expect(isFailed(() => concludeChange(answer(200, fromHex('0a01761800')!, message)))).toBe(true)
  })
})

describe('many keys', () => {
  it('are removed one by one where the peer does not know how', () => {
    expect(concludeRemoveMany(answer(200, '', {}))).toBe(true)
    expect(concludeRemoveMany(answer(405, 'Only GET, DELETE, PUT are supported\n', goError))).toBe(false)
    expect(concludeRemoveMany(answer(404, 'invalid path for POST method\n', goError))).toBe(false)
    expect(concludeRemoveMany(answer(200, fromHex('0a01761800')!, message))).toBe(false)
    for (const status of [400, 500, 503]) {
      expect(isFailed(() => concludeRemoveMany(answer(status, 'x\n', goError)))).toBe(true)
    }
    expect(isFailed(() => concludeRemoveMany(answer(404, 'x\n', ours)))).toBe(true)
  })

  it('are removed one by one where JSON cannot carry them', () => {
    const keys = [utf8Encode('a'), Uint8Array.of(0xff), utf8Encode('b')]
    const all = removeManyRequests({}, 'g', keys)
    expect(Buffer.from(all.atOnce!.body!).toString()).toBe('{"group":"g","keys":["a","b"]}')
    expect(all.keysAtOnce).toEqual([keys[0], keys[2]])
    expect(all.single).toEqual([{ method: 'DELETE', target: '/_groupcache/g/%FF' }])
    expect(removeManyRequests({}, 'g', [keys[1]!]).atOnce).toBeUndefined()
    expect(removeManyRequests({}, 'g', [])).toEqual({ keysAtOnce: [], single: [] })
  })

  it('are got one by one from whoever is not ours', () => {
    for (const status of [200, 404, 405, 500, 503]) {
      expect(concludeGetMany(answer(status, 'x\n', goError), 1)).toBeUndefined()
    }
    expect(isFailed(() => concludeGetMany(answer(500, 'x\n', ours), 1))).toBe(true)
    expect(isFailed(() => concludeGetMany(answer(200, '', { ...message, 'x-coldsnap': '1' }), 1))).toBe(true)
    expect(concludeGetMany(answer(200, '', { ...message, 'x-coldsnap': '1' }), 0)).toEqual([])
  })
})

it('tells a peer that lacks the group from one that fails', () => {
  const causeOf = (status: number, body: string): unknown => {
    try {
      return concludeGet(answer(status, body, ours))
    } catch (error) {
      return (error as Error).cause
    }
  }
  expect(isCacheError(causeOf(500, 'no such group: users\n'), 'UNKNOWN_GROUP')).toBe(true)
  expect(isCacheError(causeOf(500, 'out of memory\n'), 'UNKNOWN_GROUP')).toBe(false)
})
