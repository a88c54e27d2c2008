import { utf8Encode } from '../../bytes/utf8.ts'
import { CacheError } from '../../errors.ts'
import type { PeerAnswer, PeerCallOptions, PeerService } from '../peer-service.ts'
import { errorType, type HttpAnswer, markHeader, markVersion, messageType, operations } from './http-message.ts'
import { decodeManyRequest, encodeManyResponse } from './many-get.ts'
import { decodeSetRequest, encodeGetResponse } from './messages.ts'
import { decodeRemoveKeys } from './remove-keys.ts'
import { type PathRules, parseTarget } from './target.ts'

/** A request as a server received it. */
export interface ServerRequest extends PathRules {
  /** In upper case. */
  readonly method: string
  /** What stands on the request line between method and version, untouched. */
  readonly target: string
  /** The whole body; may be absent where there is none. The service may keep it. */
  readonly body?: Uint8Array | undefined
  /** Aborts when the client has gone. */
  readonly signal?: AbortSignal | undefined
}

// Longer texts of errors are cut, in UTF-16 units.
const maxMessageLength = 64 * 1024
const mark = { [markHeader]: markVersion }
const noBody = new Uint8Array()

/**
 * Answers a request of a peer, as groupcache-go does it, and our extensions (docs/PROTOCOL.md). Never rejects: an error
 * of the service becomes a status. Texts of errors that are not a CacheError stay here.
 */
export async function answerRequest(service: PeerService, request: ServerRequest): Promise<HttpAnswer> {
  const target = parseTarget(request.target, request)
  // Said by no group, so without our mark: clients are not to take it for "there is no such key".
  if (target.kind === 'elsewhere') return text(404, '404 page not found', {})
  if (target.kind === 'malformed') return text(400, 'bad request')
  try {
    return await answerKey(service, request, target.group, target.key)
  } catch (error) {
    return answerError(error, target.group)
  }
}

async function answerKey(
  service: PeerService,
  { method, body = noBody, signal }: ServerRequest,
  group: string,
  key: Uint8Array,
): Promise<HttpAnswer> {
  const options: PeerCallOptions = { signal }
  switch (method) {
    case 'GET':
      return answerGet(await service.get(group, key, options))
    case 'PUT': {
      // The key is that of the body, the group that of the URL.
      const set = parsed(() => decodeSetRequest(body))
      await service.set(group, set.key, set.entry, options)
      return empty()
    }
    case 'DELETE':
      await service.remove(group, key, options)
      return empty()
    case 'POST':
      return await answerPost(service, { body, group, key, options })
    default:
      return text(405, 'Only GET, DELETE, PUT, POST are supported')
  }
}

interface Post {
  readonly body: Uint8Array
  readonly group: string
  readonly key: Uint8Array
  readonly options: PeerCallOptions
}

async function answerPost(service: PeerService, { body, group, key, options }: Post): Promise<HttpAnswer> {
  if (startsWith(key, operations.removeKeys)) {
    await service.removeMany(
      group,
      parsed(() => decodeRemoveKeys(body)),
      options,
    )
    return empty()
  }
  if (startsWith(key, operations.getKeys)) {
    const keys = parsed(() => decodeManyRequest(body))
    return message(encodeManyResponse(await service.getMany(group, keys, options)))
  }
  return text(404, 'invalid path for POST method')
}

function answerGet(answer: PeerAnswer): HttpAnswer {
  if (answer.kind === 'value') return message(encodeGetResponse(answer.entry))
  return text(answer.kind === 'notFound' ? 404 : 503, answer.message)
}

function answerError(error: unknown, group: string): HttpAnswer {
  if (error instanceof InvalidBody) return text(400, `invalid request: ${error.message}`)
  if (!(error instanceof CacheError)) return text(500, 'internal error')
  // Not 404, which would say that there is no such key; at 500 the client loads the value itself.
  if (error.code === 'UNKNOWN_GROUP') return text(500, `no such group: ${group}`)
  if (error.code === 'INVALID_KEY') return text(400, error.message)
  return text(error.code === 'VALUE_TOO_LARGE' ? 413 : 500, error.message)
}

class InvalidBody extends Error {}

function parsed<T>(decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    throw new InvalidBody(error instanceof CacheError ? error.message : 'malformed body')
  }
}

function startsWith(key: Uint8Array, operation: string): boolean {
  return utf8Encode(operation).every((byte, i) => key[i] === byte)
}

function empty(): HttpAnswer {
  return { status: 200, headers: mark, body: noBody }
}

function message(body: Uint8Array): HttpAnswer {
  return { status: 200, headers: { 'content-type': messageType, ...mark }, body }
}

function text(status: number, message: string, more: Readonly<Record<string, string>> = mark): HttpAnswer {
  const headers = { 'content-type': errorType, 'x-content-type-options': 'nosniff', ...more }
  return { status, headers, body: utf8Encode(`${message.slice(0, maxMessageLength)}\n`) }
}
