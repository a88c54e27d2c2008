import { expect, it } from 'vitest'
import { CacheError } from '../../src/errors.ts'
import { GuardedRedis, type RedisCommand, type RedisPort, type RedisReply } from '../../src/redis/index.ts'

/** A port that answers as it is told. */
class ScriptedPort implements RedisPort {
  readonly database: number = 0
  readonly isCluster = false
  calls = 0
  answer: (command: RedisCommand) => Promise<RedisReply> = async () => null

  async command(command: RedisCommand): Promise<RedisReply> {
    this.calls += 1
    return await this.answer(command)
  }
  async pipeline(commands: readonly RedisCommand[]): Promise<readonly (RedisReply | Error)[]> {
    return await Promise.all(commands.map(command => this.command(command).catch((error: Error) => error)))
  }
  subscribe(): never {
    throw new Error('not scripted')
  }
  async nodes(): Promise<readonly ScriptedPort[]> {
    return [this]
  }
  async close(): Promise<void> {}
}

const get: RedisCommand = { args: ['GET', 'k'] }
const breaker = { maxFailures: 2, backOffMs: 100, jitter: 0 }

it('a call that is not answered is UNAVAILABLE by the deadline, and its late answer is nothing', async () => {
  const port = new ScriptedPort()
  const guarded = new GuardedRedis(port, { timeoutMs: 20 })
  let late = (_: RedisReply): void => {}
  port.answer = () => new Promise(resolve => (late = resolve))
  const error = await guarded.command(get).catch((error: unknown) => error)
  expect(error).toMatchObject({ code: 'UNAVAILABLE', cause: { code: 'TIMEOUT' } })
  expect(guarded.pending).toBe(1)
  late(7)
  await new Promise(resolve => setImmediate(resolve))
  expect(guarded.pending).toBe(0)
})

it('what the client still holds counts against maxPending, though its callers are gone', async () => {
  const port = new ScriptedPort()
  const guarded = new GuardedRedis(port, { timeoutMs: 10, maxPending: 3, breaker: { maxFailures: 100 } })
  port.answer = () => new Promise(() => {})
  await Promise.allSettled([guarded.command(get), guarded.command(get), guarded.command(get)])
  await expect(guarded.command(get)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  expect(port.calls).toBe(3)
})

it('after failures Redis is left alone; one probe looks whether it is back', async () => {
  const port = new ScriptedPort()
  let nowMs = 0
  const guarded = new GuardedRedis(port, { breaker, clock: () => nowMs })
  const lost = new CacheError('UNAVAILABLE', 'lost')
  port.answer = () => Promise.reject(lost)
  for (let i = 0; i < 2; i++) await expect(guarded.command(get)).rejects.toBe(lost)
  await expect(guarded.command(get)).rejects.toMatchObject({ code: 'UNAVAILABLE', cause: lost })
  expect([port.calls, guarded.breakerState]).toEqual([2, 'open'])
  nowMs = 100
  port.answer = async () => 1
  expect(await guarded.command(get)).toBe(1)
  expect(guarded.breakerState).toBe('closed')
})

it('a port that throws as it renews rejects the call, and the next one looks whether Redis is back', async () => {
  let nowMs = 0
  const fails = { renew: () => expect.fail('no renewal') }
  const port = Object.assign(new ScriptedPort(), fails)
  const guarded = new GuardedRedis(port, { timeoutMs: 20, breaker, clock: () => nowMs })
  port.answer = () => new Promise(() => {})
  await Promise.allSettled([guarded.command(get), guarded.command(get)])
  nowMs = 100
  await expect(guarded.command(get)).rejects.toThrow('no renewal')
  port.answer = async () => 1
  expect(await guarded.command(get)).toBe(1)
})

it.each(['LOADING', 'BUSY', 'TRYAGAIN', 'CLUSTERDOWN', 'MASTERDOWN'])(
  '%s is a server that cannot serve now',
  async word => {
    const port = new ScriptedPort()
    const guarded = new GuardedRedis(port, { breaker })
    port.answer = () => Promise.reject(new Error(`${word} in words`))
    const error = await guarded.command(get).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'UNAVAILABLE', cause: { message: `${word} in words` } })
    await expect(guarded.pipeline([get])).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(guarded.breakerState).toBe('open')
  },
)

it('READONLY is a replica: its reads go on', async () => {
  const port = new ScriptedPort()
  const guarded = new GuardedRedis(port, { breaker })
  port.answer = () => Promise.reject(new Error('READONLY in words'))
  for (let i = 0; i < 5; i++) {
    const error = await guarded.command(get).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'UNAVAILABLE', cause: { message: 'READONLY in words' } })
  }
  expect(guarded.breakerState).toBe('closed')
})

it('what Redis refuses to a command rejects as it is, and is no failure', async () => {
  const port = new ScriptedPort()
  const guarded = new GuardedRedis(port, { breaker })
  const refusal = new Error('WRONGTYPE Operation against a key')
  port.answer = () => Promise.reject(refusal)
  for (let i = 0; i < 5; i++) await expect(guarded.command(get)).rejects.toBe(refusal)
  expect(await guarded.pipeline([get])).toEqual([refusal])
  const [node] = await guarded.nodes()
  await expect(node!.command(get)).rejects.toBe(refusal)
  expect(guarded.breakerState).toBe('closed')
})

it('an abort ends the wait, and says nothing of Redis', async () => {
  const port = new ScriptedPort()
  const guarded = new GuardedRedis(port, { breaker })
  port.answer = () => new Promise(() => {})
  for (let i = 0; i < 3; i++) {
    const controller = new AbortController()
    const call = guarded.command(get, controller)
    controller.abort(new Error('why'))
    await expect(call).rejects.toMatchObject({ code: 'ABORTED' })
  }
  expect(guarded.breakerState).toBe('closed')
})

it('refuses wrong options', () => {
  const port = new ScriptedPort()
  expect(() => new GuardedRedis(port, { timeoutMs: 0 })).toThrow(RangeError)
  expect(() => new GuardedRedis(port, { timeoutMs: 2 ** 31 })).toThrow(RangeError)
  expect(() => new GuardedRedis(port, { maxPending: 0 })).toThrow(RangeError)
  expect(() => new GuardedRedis(port, { other: 1 } as never)).toThrow(TypeError)
})
