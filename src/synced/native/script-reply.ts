import { CacheError } from '../../errors.ts'
import type { RedisReply } from '../../redis/redis-port.ts'
import { type Id64, idBytes, readId } from './id64.ts'

/** What scripts answer that change something. */
export interface ChangeReply {
  readonly epoch: Id64
  /** The number of the change, or of the first of several. */
  readonly sequence: number
  /** When it was done, by the clock of Redis. */
  readonly timeMs: number
}

/** Reads the answer of a script that changes something; `undefined` where it changed nothing. */
export function changeReply(reply: RedisReply): ChangeReply | undefined {
  const items = itemsOf(reply)
  return items.length === 0 ? undefined : headOf(items)
}

/** The start of an answer: epoch, number, time. */
export function headOf([epoch, sequence, timeMs]: readonly RedisReply[]): ChangeReply {
  if (!(epoch instanceof Uint8Array) || epoch.byteLength !== idBytes) throw unexpected()
  return { epoch: readId(epoch, 0), sequence: numberOf(sequence), timeMs: numberOf(timeMs) }
}

export function itemsOf(reply: RedisReply): readonly RedisReply[] {
  if (Array.isArray(reply)) return reply
  throw unexpected()
}

export function numberOf(reply: RedisReply | undefined): number {
  if (typeof reply === 'number') return reply
  throw unexpected()
}

/** Redis answers what it was not asked: it, or something in between, is not what it seems. */
export function unexpected(): CacheError {
  return new CacheError('CORRUPT', 'Redis gave an answer of another form than the script gives')
}
