import fs from 'node:fs'
import { dirname } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundle } from '../../helpers/bundle.ts'
import { seed } from '../../snapshot/runs.ts'
import { runSoak } from './run-soak.ts'

// On a machine that is busy a second may pass before anyone looks.
const settleMs = 5_000

describe('three processes with one cache, under load and trouble', () => {
  let child = ''

  beforeAll(async () => {
    child = await bundle('test/synced/soak/soak-child.ts')
  })
  afterAll(() => fs.rmSync(dirname(child), { recursive: true, force: true }))

  it(`all agree with Redis whenever they rest, and nothing grows; COLDSNAP_SEED=${seed}`, async () => {
    const { counts, settledMs, bytes, ...rest } = await runSoak({ processes: 3, seconds: 8, settleMs, seed, child })
    console.log(`soak: ${JSON.stringify(counts)}; agreed after ${settledMs} ms`)
    expect(rest).toEqual({ wrong: [], problems: [] })
    expect(settledMs.length).toBe(2)
    expect(bytes.last.length).toBe(3)
    expect(counts['set']).toBeGreaterThan(20)
  })

  it('it is found out if a process does not hear of changes', async () => {
    const { wrong } = await runSoak({ processes: 2, seconds: 2, settleMs: 500, seed, child, isBroken: true })
    expect(wrong).not.toEqual([])
  })
})
