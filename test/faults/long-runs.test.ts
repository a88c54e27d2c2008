import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { bundle } from '../helpers/bundle.ts'

const run = promisify(execFile)

// What contributors start by hand, and no other test does: that it starts from where it is built to, not from the tests.
describe('a program for long runs', () => {
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
