import { spawnSync } from 'node:child_process'
import { redisProgram } from './redis-server.ts'

// Those that are all about a real server. Where only a part is, that part is in `describeRedis`.
const suites = [
  'test/synced/proof/**',
  'test/synced/soak/**',
  'test/synced/open-redis.test.ts',
  'test/synced/go/go-cache.test.ts',
  'test/synced/native/native-level.test.ts',
]

/** Patterns of the suites that cannot run without `redis-server`, where it is missing; says so. */
export function suitesWithoutRedis(): readonly string[] {
  if (spawnSync(redisProgram, ['--version']).status === 0) return []
  process.stdout.write(`Left out, as ${redisProgram} is not on the PATH: ${suites.join(', ')}\n`)
  return suites
}
