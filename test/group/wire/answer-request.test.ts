import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8Encode } from '../../../src/bytes/utf8.ts'
import { CacheError, type ErrorCode } from '../../../src/errors.ts'
import type { PeerService } from '../../../src/group/peer-service.ts'
import { answerRequest, type ServerRequest } from '../../../src/group/wire/answer-request.ts'
import { concludeGet, concludeGetMany } from '../../../src/group/wire/conclude.ts'
import { getManyRequest, getRequest, setRequest } from '../../../src/group/wire/peer-requests.ts'
import { RecordedGroup } from './recorded-group.ts'

const get = (target: string, more: Partial<ServerRequest> = {}): ServerRequest => ({ method: 'GET', target, ...more })

async function ask(request: ServerRequest, service: PeerService = new RecordedGroup()): Promise<string> {
  const { status, body } = await answerRequest(service, request)
  return `${status} ${Buffer.from(body).toString()}`
}

/** A service of which every call fails. */
function failing(error: unknown): PeerService {
  const fail = async (): Promise<never> => {
    throw error
  }
  return { get: fail, set: fail, remove: fail, removeMany: fail, getMany: fail }
}

describe('answerRequest', () => {
  it('says bad request to what is no path of a key, and nothing of a group outside of the base path', async () => {
    for (const target of ['*', 'http://host/_groupcache/users/a', '/_groupcache/users', '/_groupcache/users/%4']) {
      expect(await ask(get(target))).toBe('400 bad request\n')
    }
    const elsewhere = await answerRequest(new RecordedGroup(), get('/metrics'))
    expect(elsewhere.status).toBe(404)
    expect(elsewhere.headers).toEqual({
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
    })
    expect(() => concludeGet(elsewhere)).toThrow('found status 404')
  })

  it('serves under another base path, and with the escapes of the original', async () => {
    expect(await ask(get('/cache/users/a', { basePath: '/cache/' }))).toContain('val:a')
    expect(await ask(get('/_groupcache/users/a+b', { escaping: 'query' }))).toContain('val:a b')
  })

  it('answers 500 for an unknown group whatever the method', async () => {
    const error = new CacheError('UNKNOWN_GROUP', 'There is no such group')
    const set = setRequest({}, 'nobody', utf8Encode('k'), { value: new Uint8Array(), expiresAtMs: 0, expireNs: 0n })
    for (const [method, key, body] of [
      ['GET', 'k', undefined],
      ['PUT', 'k', set.body],
      ['DELETE', 'k', undefined],
      ['POST', '_remove-keys/', utf8Encode('{}')],
      ['POST', '_get-keys/', undefined],
    ] as const) {
      const answered = await ask({ method, target: `/_groupcache/nobody/${key}`, body }, failing(error))
      expect(answered, method).toBe('500 no such group: nobody\n')
    }
  })

  it('maps errors of the service to statuses that no client takes for an answer about the key', async () => {
    const statuses: readonly (readonly [ErrorCode, number])[] = [
      ['INVALID_KEY', 400],
      ['VALUE_TOO_LARGE', 413],
      ['CLOSED', 500],
      ['PEER_FAILED', 500],
      ['TIMEOUT', 500],
    ]
    for (const [code, status] of statuses) {
      const answer = await answerRequest(failing(new CacheError(code, 'why')), get('/_groupcache/users/a'))
      expect([answer.status, Buffer.from(answer.body).toString()], code).toEqual([status, 'why\n'])
      expect(() => concludeGet(answer)).toThrow('Peer cannot serve')
    }
  })

  it('never sends the text or the stack of other errors', async () => {
    for (const error of [new Error('secret'), new TypeError('secret'), 'secret', undefined]) {
      expect(await ask(get('/_groupcache/users/a'), failing(error))).toBe('500 internal error\n')
    }
  })

  it('hands on the signal', async () => {
    const { signal } = new AbortController()
    const seen: unknown[] = []
    const service = {
      ...failing(new Error()),
      get: async (_: unknown, __: unknown, options: unknown) => seen.push(options),
    }
    await answerRequest(service as never, get('/_groupcache/users/a', { signal }))
    expect(seen).toEqual([{ signal }])
  })

  it('answers many keys at once, in their order', async () => {
    const service = new RecordedGroup()
    const keys = ['a', 'nf1', 'err1', '', 'exp'].map(utf8Encode)
    const answer = await answerRequest(service, getManyRequest({}, 'users', keys))
    expect(concludeGetMany(answer, keys.length)).toEqual(await service.getMany('users', keys))
    expect(await ask({ ...getManyRequest({}, 'users', []), body: Uint8Array.of(0x0a) })).toMatch(
      /^400 invalid request: /,
    )
  })

  it('ends with an answer for any request', async () => {
    const method = fc.constantFrom('GET', 'PUT', 'DELETE', 'POST', 'HEAD', 'get', '')
    const key = fc.oneof(fc.constantFrom('_remove-keys/', '_get-keys/', 'a'), fc.string())
    await fc.assert(
      fc.asyncProperty(method, key, fc.uint8Array(), async (each, tail, body) => {
        const answer = await answerRequest(new RecordedGroup(), {
          method: each,
          target: `/_groupcache/users/${tail}`,
          body,
        })
        expect([200, 400, 404, 405]).toContain(answer.status)
      }),
    )
  })

  it('gives every key to the service as the client had it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), async key => {
        const service = new RecordedGroup()
        const answer = await answerRequest(service, getRequest({}, 'users', key))
        expect(concludeGet(answer)).toEqual(await service.get('users', key))
      }),
    )
  })
})
