import fs from 'node:fs'
import { dirname } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runKills } from '../faults/kill-run.ts'
import { bundle } from '../helpers/bundle.ts'
import { describeRedis, serverOfTests } from '../helpers/describe-redis.ts'
import { randomFrom, runs, seed } from '../snapshot/runs.ts'

describeRedis('SnapshotCache on RedisStore', () => {
  const server = serverOfTests()
  let writer = ''
  beforeAll(async () => {
    writer = await bundle('test/faults/kill-writer.ts')
  })
  afterAll(() => fs.rmSync(dirname(writer), { recursive: true, force: true }))

  it(`a writer killed at random moments; COLDSNAP_SEED=${seed}`, async () => {
    const kills = runs(40)
    const random = randomFrom(seed + kills)
    const options = { store: 'RedisStore', durability: 'process', kills, random, dir: server().url, writer } as const
    const counts = await runKills(options)
    console.log(`RedisStore: ${JSON.stringify(counts)}`)
    expect(counts).toMatchObject({ kills, mixed: 0, torn: 0, lost: 0, litter: 0 })
    expect(counts.acknowledged).toBeGreaterThan(kills)
  }, 600_000)
})
