import { crashCases } from '../../src/contract/index.ts'
import { runCases } from '../contract/run-cases.ts'
import { runContractBothWays } from '../contract/run-contract.ts'
import { describeRedis, serverOfTests } from '../helpers/describe-redis.ts'
import { clients } from './clients.ts'
import { redisHandle } from './store-handle.ts'

for (const [name, client] of Object.entries(clients)) {
  describeRedis(`on ${name}`, () => {
    const server = serverOfTests()
    const open = (): ReturnType<typeof redisHandle> => redisHandle(() => client(server().port))
    runContractBothWays('RedisStore', open, { runs: 20 })
    runCases('RedisStore forked', crashCases(open))
  })
}
