import { utf8Encode } from '../bytes/utf8.ts'
import type { RedisReply } from './redis-port.ts'

/** What a client answered, as a port answers it: bytes that are the caller's, whatever text the client made of them. */
export function replyOf(answer: unknown): RedisReply {
  if (answer instanceof Uint8Array) return plainBytes(answer)
  if (typeof answer === 'number' || answer === null) return answer
  if (Array.isArray(answer)) return answer.map(replyOf)
  if (answer instanceof Error) return answer
  if (answer === undefined) return null
  return typeof answer === 'boolean' ? Number(answer) : utf8Encode(String(answer))
}

/**
 * `bytes` without the memory that they were read into, which would be kept as long as they are; in it where they are more
 * than half of it: a copy would cost more than the rest. What else lies there may be part of the next reply.
 */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  const { buffer, byteOffset, byteLength } = bytes
  return 2 * byteLength > buffer.byteLength ? new Uint8Array(buffer, byteOffset, byteLength) : new Uint8Array(bytes)
}

/**
 * Whether `error` is what Redis answered: those begin with a word in capitals, and come from no system call. All else that
 * a client rejects with is about its connection.
 */
export function isRefusal(error: unknown): error is Error {
  return error instanceof Error && !('syscall' in error) && /^[A-Z][A-Z0-9_]*(?: |$)/.test(error.message)
}
