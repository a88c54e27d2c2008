import fs from 'node:fs'
import { dirname } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundle } from '../../helpers/bundle.ts'
import { seed } from '../../snapshot/runs.ts'
import { breakBy, breaks } from './churn-node.ts'
import { keyNames, textOf, versionIn } from './churn-values.ts'
import { ClusterFleet } from './cluster-fleet.ts'
import { Ledger } from './ledger.ts'
import { ProcessFleet } from './process-fleet.ts'
import { runChurn } from './run-churn.ts'

const size = 5
const ways = ['detach', 'drops'] as const
const nothingWrong = { wrong: [], problems: [], leftovers: [] }

describe('five nodes in one process under load and trouble', () => {
  it(`answer nothing that is outdated, and leave nothing behind; COLDSNAP_SEED=${seed}`, async () => {
    const ledger = new Ledger(keyNames)
    const { counts, ...rest } = await runChurn(await ClusterFleet.start(size, ledger), ledger, { seconds: 4, seed })
    console.log(`one process: ${JSON.stringify(counts)}`)
    expect(rest).toEqual(nothingWrong)
    expect(counts['wholeWrites']).toBeGreaterThanOrEqual(keyNames.length)
  })

  it.each(ways)('it is found out if %s is broken', async way => {
    const mend = breakBy(way)
    try {
      const ledger = new Ledger(keyNames)
      const fleet = await ClusterFleet.start(size, ledger)
      const { wrong } = await runChurn(fleet, ledger, { seconds: 40, seed, isBroken: true })
      expect(wrong, breaks[way]).not.toEqual([])
    } finally {
      mend()
    }
  })
})

describe('five processes under load and trouble', () => {
  let child = ''

  beforeAll(async () => {
    child = await bundle('test/group/churn/process-child.ts')
  })
  afterAll(() => fs.rmSync(dirname(child), { recursive: true, force: true }))

  it(`answer nothing that is outdated, and leave nothing behind; COLDSNAP_SEED=${seed}`, async () => {
    const ledger = new Ledger(keyNames)
    const fleet = await ProcessFleet.start({ size, child, ledger })
    const { counts, ...rest } = await runChurn(fleet, ledger, { seconds: 4, seed })
    console.log(`five processes: ${JSON.stringify(counts)}`)
    expect(rest).toEqual(nothingWrong)
    expect(counts['wholeWrites']).toBeGreaterThanOrEqual(keyNames.length)
  })

  it('it is found out if detach is broken', async () => {
    const ledger = new Ledger(keyNames)
    const fleet = await ProcessFleet.start({ size, child, ledger, broken: 'detach' })
    const { wrong } = await runChurn(fleet, ledger, { seconds: 40, seed, isBroken: true })
    expect(wrong).not.toEqual([])
  })
})

it('the ledger tells right from wrong', () => {
  const name = keyNames[0]!
  expect(versionIn(name, textOf(name, 12))).toBe(12)
  expect(versionIn(name, textOf(keyNames[2]!, 12))).toBe(undefined)
  expect(versionIn(name, textOf(name, 12).replace('.', ','))).toBe(undefined)
  const ledger = new Ledger(keyNames)
  const judged = (floor: number, version: number): number => {
    ledger.judge(name, floor, { text: textOf(name, version) }, 'here')
    return ledger.wrong.length
  }
  ledger.endWrite(ledger.beginWrite([name]), true, 0)
  expect(ledger.floor(name)).toBe(2)
  expect(judged(1, 1)).toBe(0)
  expect(judged(2, 2)).toBe(0)
  expect(judged(2, 1)).toBe(1)
  expect(judged(2, 3)).toBe(2)
  const mend = ledger.disturb()
  const write = ledger.beginWrite([name])
  mend()
  ledger.endWrite(write, true, 0)
  expect([ledger.version(name), ledger.floor(name)]).toEqual([3, 2])
  ledger.judge(name, 2, { isAbsent: true }, 'here')
  expect(ledger.wrong.length).toBe(3)
})
