import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { fromHex } from '../../../src/bytes/hex.ts'
import { utf8Encode } from '../../../src/bytes/utf8.ts'
import type {
  RedisCommand,
  RedisListener,
  RedisPort,
  RedisReply,
  RedisSubscription,
} from '../../../src/redis/redis-port.ts'
import { noId, readId } from '../../../src/synced/native/id64.ts'
import { NativeLevel } from '../../../src/synced/native/native-level.ts'
import { Random } from '../../helpers/random.ts'
import { nativeSettings } from './native-fleet.ts'
import { RecordingSink } from './recording-sink.ts'
import { eventBytes } from './wire-of.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const epoch = readId(fromHex('0102030405060708')!, 0)

/** A Redis that knows nothing but ticks, and delivers them to all at once. */
class TickingBus implements RedisPort {
  readonly isCluster = false
  readonly ticks: number[] = []
  readonly #listeners: RedisListener[] = []

  async command({ args }: RedisCommand): Promise<RedisReply> {
    // EVALSHA, the SHA-1, one key, the key, channel, from, mark.
    const [from, mark] = args.slice(5, 7).map(each => (typeof each === 'string' ? utf8Encode(each) : each))
    if (from?.length !== 10 || mark?.length !== 8) throw new Error('It is not a tick')
    const point = { epoch, sequence: 0, nonce: noId, partition: 0, timeMs: Date.now() }
    const told = { ...point, previous: readId(mark, 0), sender: readId(from, 0), key: '', record: new Uint8Array() }
    this.ticks.push(Date.now())
    for (const listener of this.#listeners) listener.message(eventBytes({ ...told, kind: 7 }))
    return [Date.now(), utf8Encode('1')]
  }

  subscribe(_: string, listener: RedisListener): RedisSubscription {
    this.#listeners.push(listener)
    queueMicrotask(() => listener.up())
    return { renew: () => undefined, ping: async () => undefined, close: async () => undefined }
  }

  async pipeline(): Promise<never> {
    throw new Error('It knows no pipelines')
  }

  async nodes(): Promise<never> {
    throw new Error('It knows no nodes')
  }

  readonly database: number = 0

  async close(): Promise<void> {}
}

it.each([1, 8, 100])('in a fleet of %s at rest one tick serves all', async size => {
  const bus = new TickingBus()
  const random = new Random(size)
  const sinks = Array.from({ length: size }, () => new RecordingSink())
  const levels = sinks.map(
    sink => new NativeLevel(bus, nativeSettings({ heartbeatMs: 100, random: () => random.unit() }), sink),
  )
  await Promise.all(levels.map(level => level.open()))
  bus.ticks.length = 0
  await vi.advanceTimersByTimeAsync(10_000)
  // Rounds are of 50 to 75 ms, and who heard one sends none before the end of the round after.
  expect(bus.ticks.length).toBeGreaterThan(60)
  expect(bus.ticks.length).toBeLessThanOrEqual(200)
  const silences = bus.ticks.slice(1).map((at, i) => at - bus.ticks[i]!)
  expect(Math.max(...silences)).toBeLessThanOrEqual(150)
  expect(sinks.map(({ calls }) => calls)).toEqual(sinks.map(() => ['reset open', 'inStep true']))
  for (const level of levels) await level.close()
  await vi.advanceTimersByTimeAsync(1000)
  expect(vi.getTimerCount()).toBe(0)
})
