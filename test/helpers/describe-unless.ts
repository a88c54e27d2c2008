import { describe } from 'vitest'

/** As `describe`; where something is `missing` the tests are left out, with that reason printed. */
export function describeUnless(missing: string | undefined, name: string, body: () => void): void {
  if (missing === undefined) return void describe(name, body)
  process.stdout.write(`${name}, left out: ${missing}\n`)
  describe.skip(name, body)
}
