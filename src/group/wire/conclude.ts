import { CacheError } from '../../errors.ts'
import type { PeerAnswer } from '../peer-service.ts'
import { Refusal } from '../refusal.ts'
import { errorType, type HttpAnswer, markHeader, messageType } from './http-message.ts'
import { decodeManyResponse } from './many-get.ts'
import { decodeGetResponse } from './messages.ts'
import { decodeText } from './text.ts'

// What the texts of 404s say that do not mean "there is no such key": no such path, no such group, no such method.
const notAboutKeys = /^(?:404 page not found|no such group: .*|invalid path for POST method)$/s

// How much of an error's text is kept as the cause, in UTF-16 units.
const maxCauseLength = 200

const maxTextBytes = 1024 * 1024

// Not signed, too slow, too many: these hold for whatever is asked next.
const aboutCaller: readonly number[] = [401, 403, 408, 429]

/** Whether an answer comes from a node of coldsnap, and not from a Go program or a proxy. */
export function isOurs(answer: HttpAnswer): boolean {
  return answer.headers[markHeader] !== undefined
}

/**
 * What the answer to a GET means. Throws `PEER_FAILED` if the peer cannot serve, so that the value is to be loaded here:
 * for every status but 200, 404 and 503; for a message that cannot be read; and for a 404 or 503 that does not look
 * like an answer of a groupcache about this key, but like that of a proxy, another path or an unknown group. The bytes
 * of the value may be a view of the body.
 */
export function concludeGet(answer: HttpAnswer): PeerAnswer {
  if (answer.status === 200) {
    if (!hasType(answer, messageType)) throw failed(answer, 'the answer to a get is of another media type')
    return { kind: 'value', entry: readable(answer, () => decodeGetResponse(answer.body)) }
  }
  const message = textOf(answer)
  if (isAboutKey(answer, message)) {
    if (answer.status === 404) return { kind: 'notFound', message }
    if (answer.status === 503) return { kind: 'loadFailed', message }
  }
  throw failed(answer)
}

/** What the answer to a PUT or DELETE means: nothing if it is done, else `PEER_FAILED`. */
export function concludeChange(answer: HttpAnswer): void {
  // An old program that takes every method for a GET answers with a message.
  if (answer.status !== 200 || hasType(answer, messageType)) throw failed(answer)
}

/**
 * Whether the keys of a request for many were removed; `false` if the peer is one that does not know such requests (Go
 * before 3.4), so that the keys are to be removed one by one. `PEER_FAILED` otherwise.
 */
export function concludeRemoveMany(answer: HttpAnswer): boolean {
  const isUnknown = answer.status === 405 || answer.status === 404 || hasType(answer, messageType)
  if (isUnknown && !isOurs(answer)) return false
  concludeChange(answer)
  return true
}

/**
 * The `count` answers to a request for many keys, `undefined` for one that has to be asked for alone. `undefined`
 * instead of them all if the answer comes from no node of ours: then every key is asked for alone. Throws `PEER_FAILED`.
 */
export function concludeGetMany(answer: HttpAnswer, count: number): (PeerAnswer | undefined)[] | undefined {
  if (!isOurs(answer)) return undefined
  if (answer.status !== 200 || !hasType(answer, messageType)) throw failed(answer)
  return readable(answer, () => decodeManyResponse(answer.body, count))
}

// Our own nodes say 404 and 503 only about keys. Others say so in the form of Go's http.Error; its third sign, the
// header against sniffing, is left to proxies to take away.
function isAboutKey(answer: HttpAnswer, message: string): boolean {
  if (isOurs(answer)) return true
  const isFromGo = hasType(answer, errorType) && answer.body.at(-1) === 0x0a
  return isFromGo && !(answer.status === 404 && notAboutKeys.test(message))
}

function hasType({ headers }: HttpAnswer, type: string): boolean {
  const given = headers['content-type']?.toLowerCase().replaceAll(' ', '')
  return given === type.replaceAll(' ', '')
}

// As Go does it: at most 1 MiB, without newlines at either end.
function textOf({ body }: HttpAnswer): string {
  let end = Math.min(body.byteLength, maxTextBytes)
  while (end > 0 && body[end - 1] === 0x0a) end--
  let start = 0
  while (start < end && body[start] === 0x0a) start++
  return decodeText(body.subarray(start, end))
}

function readable<T>(answer: HttpAnswer, decode: () => T): T {
  try {
    return decode()
  } catch (cause) {
    throw failed(answer, 'the answer cannot be read', cause)
  }
}

function failed(answer: HttpAnswer, problem?: string, cause?: unknown): CacheError {
  const text = decodeText(answer.body.subarray(0, 4 * maxCauseLength))
    .slice(0, maxCauseLength)
    .trimEnd()
  const reason = problem === undefined ? `found status ${answer.status}` : `${problem} (status ${answer.status})`
  return new CacheError('PEER_FAILED', `Peer cannot serve: ${reason}`, { cause: cause ?? causeOf(answer, text) })
}

// Told apart, as a node that lacks a group serves the others, and one that cannot take a key takes others: Go's redirect
// paths that end in `.` or `..`, ours refuse keys and values that are too large.
function causeOf({ status }: HttpAnswer, text: string): Error {
  const isUnknownGroup = status === 500 && text.startsWith('no such group: ')
  if (isUnknownGroup) return new CacheError('UNKNOWN_GROUP', text)
  return status >= 300 && status < 500 && !aboutCaller.includes(status) ? new Refusal(text) : new Error(text)
}
