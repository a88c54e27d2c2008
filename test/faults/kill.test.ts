import fs from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundle } from '../helpers/bundle.ts'
import { randomFrom, runs, seed } from '../snapshot/runs.ts'
import { scratch } from '../store/scratch.ts'
import { runKills } from './kill-run.ts'
import { storeNames } from './kill-state.ts'

let writer = ''

beforeAll(async () => {
  writer = await bundle('test/faults/kill-writer.ts')
})
afterAll(() => fs.rmSync(dirname(writer), { recursive: true, force: true }))

describe.each(storeNames)('%s', store => {
  it.each(['power', 'process'] as const)(
    `a writer killed at random moments, durability %s; COLDSNAP_SEED=${seed}`,
    async durability => {
      const kills = runs(150)
      const counts = await runKills({
        store,
        durability,
        kills,
        random: randomFrom(seed + kills),
        dir: join(scratch(), 'store'),
        writer,
      })
      console.log(`${store}, ${durability}: ${JSON.stringify(counts)}`)
      expect(counts).toMatchObject({ kills, mixed: 0, torn: 0, lost: 0, litter: 0 })
      // Most kills must hit a writer at work, and some a write that was about to end.
      expect(counts.acknowledged).toBeGreaterThan(kills)
      expect(counts.inFlight).toBeGreaterThan(0)
    },
    600_000,
  )
})

it('a writer that acknowledges too early is found out', async () => {
  const options = { store: 'FileStore', durability: 'process', kills: 15, lies: true } as const
  const counts = await runKills({ ...options, random: randomFrom(seed), dir: join(scratch(), 'store'), writer })
  expect(counts.lost).toBeGreaterThan(0)
})
