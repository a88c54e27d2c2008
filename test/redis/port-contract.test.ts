import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisPortContract } from '../../src/contract/index.ts'
import { redisPortRules } from '../../src/contract/redis/redis-port-rules.ts'
import { GuardedRedis, redisPort } from '../../src/redis/index.ts'
import { failedRules, runCases } from '../contract/run-cases.ts'
import { describeRedis } from '../helpers/describe-redis.ts'
import { clients } from './clients.ts'
import { RedisBox } from './port-handle.ts'
import { portMutants } from './port-mutants.ts'

describeRedis('a port', () => {
  let box: RedisBox
  beforeAll(async () => {
    box = await RedisBox.open()
  })
  afterAll(async () => await box.stop())

  for (const [name, client] of Object.entries(clients)) {
    runCases(
      `redisPort on ${name}`,
      redisPortContract(() => box.handle(redisPort(client(box.port)))),
    )
  }
  runCases(
    'GuardedRedis',
    redisPortContract(() => {
      const port = redisPort(clients['node-redis']!(box.port))
      return box.handle(new GuardedRedis(port, { timeoutMs: 60_000, breaker: { backOffMs: 1 } }))
    }),
  )

  describe('redisPortContract', () => {
    for (const { what, rule, port } of portMutants) {
      it(`${rule} bites a port that ${what}`, async () => {
        const open = () => box.handle(port(redisPort(clients['node-redis']!(box.port))))
        const cases = redisPortContract(open, { patienceMs: 1000 }).filter(({ id }) => id === rule)
        expect((await failedRules(cases)).get(rule)).toMatch(`Error: ${rule} `)
      })
    }

    it('every rule bites at least one of them, and has cases in its order', () => {
      expect(new Set(portMutants.map(({ rule }) => rule))).toEqual(new Set(Object.keys(redisPortRules)))
      const cases = redisPortContract(() => box.handle(redisPort(clients['node-redis']!(box.port))))
      expect([...new Set(cases.map(({ id }) => id))]).toEqual(Object.keys(redisPortRules))
      expect(new Set(cases.map(({ title }) => title)).size).toBe(cases.length)
    })

    it('refuses wrong options', () => {
      const open = () => box.handle(redisPort(clients['node-redis']!(box.port)))
      expect(() => redisPortContract(open, { patienceMs: 0 })).toThrow(RangeError)
      expect(() => redisPortContract(open, { skip: { P99: 'why' } as object })).toThrow(TypeError)
      expect(() => redisPortContract('port' as never)).toThrow(TypeError)
    })

    it('leaves out the cases for which the handle has no means, and says so', async () => {
      const reasons: string[] = []
      const cases = redisPortContract(() => ({ port: redisPort(clients['node-redis']!(box.port)) }))
      for (const { run } of cases) await run({ skip: reason => reasons.push(reason) })
      expect(new Set(reasons)).toEqual(new Set(['the handle has no stop()', 'the handle has no pause()']))
    })
  })
})
