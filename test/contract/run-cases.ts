import { afterAll, describe, it } from 'vitest'
import type { RuleCase } from '../../src/contract/rule-cases.ts'

/** Registers the cases with vitest. */
export function runCases(name: string, cases: readonly RuleCase<string>[]): void {
  describe(name, () => {
    const leftOut = new Set<string>()
    for (const { id, title, run } of cases) {
      it(title, async context => {
        await run({
          skip(reason) {
            leftOut.add(`${id} ${reason}`)
            context.skip(reason)
          },
        })
      })
    }
    // The reporter does not print the reasons of skipped tests when many files run.
    afterAll(() => {
      if (leftOut.size > 0) process.stdout.write(`${name}, left out: ${[...leftOut].join('; ')}\n`)
    })
  })
}

/** Rule to message of its first failing case. */
export async function failedRules<Rule extends string>(cases: readonly RuleCase<Rule>[]): Promise<Map<Rule, string>> {
  const failed = new Map<Rule, string>()
  for (const { id, run } of cases) {
    await run().catch((error: unknown) => failed.has(id) || failed.set(id, String(error)))
  }
  return failed
}
