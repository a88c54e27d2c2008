import { createHash } from 'node:crypto'
import { createClient } from 'redis'
import { expect, it } from 'vitest'
import { RedisScript, redisPort } from '../../src/redis/index.ts'
import { describeRedis, serverOfTests } from '../helpers/describe-redis.ts'

const source = "return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}"

it('has the SHA-1 of its source', () => {
  expect(new RedisScript(`${source} -- ü`).sha).toBe(createHash('sha1').update(`${source} -- ü`).digest('hex'))
})

describeRedis('RedisScript', () => {
  const server = serverOfTests()

  it('is sent whole only to a server that does not have it, and done once', async () => {
    const port = redisPort(createClient({ url: server().url }))
    const sent: unknown[] = []
    const watched = {
      command: (command: Parameters<typeof port.command>[0]) => {
        sent.push(command.args[0])
        return port.command(command)
      },
    }
    const script = new RedisScript(source)
    for (let i = 1; i <= 2; i++) {
      const answer = await script.run(watched, ['k'], [new Uint8Array([0, 255])])
      expect(answer).toEqual([new TextEncoder().encode('k'), new Uint8Array([0, 255]), i])
    }
    await port.command({ args: ['SCRIPT', 'FLUSH'] })
    await script.run(watched, ['k'], ['x'])
    expect(sent).toEqual(['EVALSHA', 'EVAL', 'EVALSHA', 'EVALSHA', 'EVAL'])
    await expect(new RedisScript('return redis.call("NONESUCH")').run(port, [], [])).rejects.toThrow(/unknown/i)
    await port.close()
  })
})
