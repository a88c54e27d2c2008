import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { bundle } from '../helpers/bundle.ts'

const run = promisify(execFile)

// What contributors start by hand, from where it is built to. Other tests call what it is made of, from where that is.
describe('a program for long runs', () => {
  it('npm run fuzz does what it is for', async () => {
    const { stdout } = await run(process.execPath, [await bundle('test/faults/fuzz.ts'), '--minutes', '0.01'])
    expect(stdout).toMatch(/^seed \d+\n(?:.+: \d+ inputs, \d+ taken\n)+\d+ inputs: none crashed/)
  })

  it.each([
    ['fuzz', 'test/faults/fuzz.ts'],
    ['kill', 'test/faults/kill.ts'],
    ['crash', 'test/crash/main.ts'],
    ['churn', 'test/group/churn/main.ts'],
    ['soak:synced', 'test/synced/soak/main.ts'],
  ])('npm run %s starts, and says what it takes', async (name, module) => {
    const { stdout } = await run(process.execPath, [await bundle(module), '--help'])
    expect(stdout).toContain(`npm run ${name} -- [`)
  })
})
