import { utf8Decode } from '../bytes/utf8.ts'
import type { RedisReply } from './redis-port.ts'

/** What {@link scanNames} looks for. */
export interface ScanSettings {
  /** A pattern of Redis; {@link literalPattern} makes one of text. */
  readonly pattern: string
  /** How many keys the server looks at before it serves others. */
  readonly count: number
  /** What to throw where the answer is none to `SCAN`. */
  readonly unexpected: () => Error
}

/**
 * The names of one node's keys that a pattern matches, as they come: some at a time, in no order, and some of them twice.
 * `send` sends each `SCAN` to the node.
 */
export async function* scanNames(
  send: (args: readonly string[]) => Promise<RedisReply>,
  { pattern, count, unexpected }: ScanSettings,
): AsyncGenerator<readonly RedisReply[]> {
  let cursor = '0'
  do {
    const answer = await send(['SCAN', cursor, 'MATCH', pattern, 'COUNT', `${count}`])
    const [next, names] = Array.isArray(answer) ? (answer as readonly RedisReply[]) : []
    if (!(next instanceof Uint8Array) || !Array.isArray(names)) throw unexpected()
    cursor = utf8Decode(next)
    yield names as readonly RedisReply[]
  } while (cursor !== '0')
}

/** A pattern of Redis that only `text` matches. */
export function literalPattern(text: string): string {
  return text.replaceAll(/[\\*?[\]^-]/g, '\\$&')
}
