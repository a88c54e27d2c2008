import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll } from 'vitest'
import { describeUnless } from './describe-unless.ts'
import { type RedisServer, type RedisServerOptions, redisProgram, startRedis } from './redis-server.ts'

/** Why tests on a real Redis cannot run here; undefined if they can. */
export const noRedis: string | undefined =
  spawnSync(redisProgram, ['--version']).status === 0 ? undefined : `${redisProgram} is not on the PATH`

/** As `describe`, for tests that need `redis-server`; where it is missing they are left out, with the reason printed. */
export function describeRedis(name: string, body: () => void): void {
  describeUnless(noRedis, name, body)
}

/** A server for all tests of a `describeRedis`. */
export function serverOfTests(options?: RedisServerOptions): () => RedisServer {
  let server: RedisServer | undefined
  beforeAll(async () => {
    server = await startRedis(options)
  })
  afterAll(async () => await server?.stop())
  return () => server!
}
