import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseExact } from '../../../src/codec/parse-exact.ts'

/** What pod `pod-a` of Go's package did, and what was then in Redis and on the channel. */
export interface Operation {
  readonly op: 'set' | 'setWithInvalidate' | 'delete' | 'clear'
  readonly key: string
  /** What kind of Go value it was. */
  readonly goValue?: string
  /** The value, as JSON has it. */
  readonly input?: unknown
  readonly event: string
  readonly redisValue: string | null
  readonly redisTTL: string
}

const file = fileURLToPath(new URL('../../../fixtures/synced/operations.json', import.meta.url))

/** The recording; integers beyond 2^53 - 1 are `bigint`. */
export const operations = parseExact(readFileSync(file, 'utf8')) as readonly Operation[]

/** The value that a caller of ours has where Go's had that of the operation. */
export function callersValue({ goValue, input }: Operation): unknown {
  if (goValue === 'nil') return null
  if (goValue === '[]byte') return Uint8Array.of(0, 255, 16)
  if (goValue === 'time') return new Date(String(input))
  if (goValue === 'map') return new Map(Object.entries(input as object))
  return input
}
