import { expect, it, onTestFinished } from 'vitest'
import { utf8Encode } from '../../../src/bytes/utf8.ts'
import type { RedisListener, RedisPort, RedisReply, RedisSubscription } from '../../../src/redis/redis-port.ts'
import type { ChainPoint } from '../../../src/synced/native/event-chain.ts'
import { bytesOfId, type Id64, noId } from '../../../src/synced/native/id64.ts'
import { NativeLevel } from '../../../src/synced/native/native-level.ts'
import { until } from '../../group/until.ts'
import { nativeSettings } from './native-fleet.ts'
import { RecordingSink } from './recording-sink.ts'
import { eventBytes } from './wire-of.ts'

const epochs: readonly Id64[] = [1, 2].map(lo => ({ hi: 7, lo }))
const nonceOf = (sequence: number): Id64 => (sequence === 0 ? noId : { hi: 1, lo: sequence })
const pointAt = (sequence: number, epoch = 0): ChainPoint => ({
  epoch: epochs[epoch]!,
  sequence,
  nonce: nonceOf(sequence),
})

/** A Redis that answers looks when it is told to, and of whose channel the test brings the messages. */
class LookedAt implements RedisPort {
  readonly isCluster = false
  readonly database: number = 0
  /** Looks that wait for their answer. */
  readonly looks: ((point: ChainPoint | undefined) => void)[] = []
  renewals = 0
  #listener: RedisListener | undefined

  async command(): Promise<RedisReply> {
    const point = await new Promise<ChainPoint | undefined>(resolve => void this.looks.push(resolve))
    if (point === undefined) return [new Uint8Array(), 0, bytesOfId(noId), Date.now(), new Uint8Array()]
    return [bytesOfId(point.epoch), point.sequence, bytesOfId(point.nonce), Date.now(), utf8Encode('1')]
  }

  /** Answers the look that waits longest, and lets the answer arrive. */
  async answer(point: ChainPoint | undefined): Promise<void> {
    await until(() => this.looks.length > 0)
    this.looks.shift()!(point)
    for (let i = 0; i < 20; i++) await Promise.resolve()
  }

  /** Brings the event of a change: of the key `key <sequence>`, or with kind 6 of all. */
  bring(sequence: number, epoch = 0, kind: 2 | 6 = 2): void {
    const key = kind === 6 ? '' : `key ${sequence}`
    const rest = { sender: noId, partition: 0, timeMs: Date.now(), key, record: new Uint8Array() }
    this.#listener?.message(eventBytes({ ...pointAt(sequence, epoch), previous: nonceOf(sequence - 1), kind, ...rest }))
  }

  subscribe(_: string, listener: RedisListener): RedisSubscription {
    this.#listener = listener
    queueMicrotask(() => listener.up())
    return { renew: () => void this.renewals++, ping: async () => undefined, close: async () => undefined }
  }

  async pipeline(): Promise<never> {
    throw new Error('It knows no pipelines')
  }

  async nodes(): Promise<never> {
    throw new Error('It knows no nodes')
  }

  async close(): Promise<void> {}
}

/** A reader whose probe was answered, and whose first look of its own waits. */
async function reader(heartbeatMs = 60_000): Promise<{ redis: LookedAt; sink: RecordingSink; opened: Promise<void> }> {
  const redis = new LookedAt()
  const sink = new RecordingSink()
  const level = new NativeLevel(redis, nativeSettings({ reader: true, heartbeatMs, timeoutMs: 20_000 }), sink)
  onTestFinished(async () => await level.close())
  const opened = level.open()
  await redis.answer(pointAt(0))
  await until(() => redis.looks.length === 1)
  return { redis, sink, opened }
}

const opening = ['reset open', 'inStep true']

it('what the channel brought while Redis was asked counts from the point on, or all of it', async () => {
  for (const first of [8, 10, 11]) {
    const { redis, sink, opened } = await reader()
    for (let sequence = first; sequence <= 12; sequence++) redis.bring(sequence)
    await redis.answer(pointAt(10))
    await opened
    redis.bring(13)
    expect(sink.calls, `from ${first}`).toEqual([...opening, 'drop key 11 11', 'drop key 12 12', 'drop key 13 13'])
    expect(redis.looks).toHaveLength(0)
  }
})

it('what was before the point may still come, and is no gap; what is lost behind it is one', async () => {
  const { redis, sink, opened } = await reader()
  redis.bring(8)
  await redis.answer(pointAt(12))
  await opened
  for (const sequence of [9, 10, 11, 12, 13]) redis.bring(sequence)
  expect(sink.calls).toEqual([...opening, 'drop key 13 13'])
  redis.bring(15)
  expect(sink.calls.slice(3)).toEqual(['reset gap', 'inStep false'])
  await redis.answer(pointAt(15))
  expect(sink.calls.at(-1)).toBe('inStep true')
})

it('a clear and what was before it, heard while Redis was asked, are no gap', async () => {
  const { redis, sink, opened } = await reader()
  redis.bring(4)
  redis.bring(5, 1, 6)
  redis.bring(6, 1)
  await redis.answer(pointAt(5, 1))
  await opened
  expect(sink.calls).toEqual([...opening, 'drop key 6 6'])
})

it('where no epoch is, any that appears drops all, and the next look begins in it', async () => {
  const { redis, sink, opened } = await reader()
  await redis.answer(undefined)
  await opened
  redis.bring(1)
  expect(sink.calls).toEqual([...opening, 'reset epoch', 'inStep false'])
  redis.bring(2)
  await redis.answer(pointAt(2))
  redis.bring(3)
  expect(sink.calls.slice(4)).toEqual(['inStep true', 'drop key 3 3'])
})

it('what Redis is ahead by is waited for as long as anything comes, then the subscription is made anew', async () => {
  const { redis, opened } = await reader(20)
  await redis.answer(pointAt(10))
  await opened
  // The channel is behind, and goes on.
  await redis.answer(pointAt(12))
  redis.bring(11)
  redis.bring(12)
  await redis.answer(pointAt(12))
  expect(redis.renewals).toBe(0)
  await redis.answer(pointAt(14))
  await until(() => redis.renewals === 1)
})

it('an older state, or another one of the same number, drops all', async () => {
  for (const found of [pointAt(9), { ...pointAt(10), nonce: nonceOf(3) }, pointAt(10, 1), undefined]) {
    const { redis, sink, opened } = await reader(20)
    await redis.answer(pointAt(10))
    await opened
    await redis.answer(found)
    expect(sink.calls).toEqual([...opening, 'reset epoch', 'inStep false'])
    await redis.answer(found)
    expect(sink.calls.at(-1)).toBe('inStep true')
  }
})
