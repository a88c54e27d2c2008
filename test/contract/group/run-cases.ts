import { describe, it } from 'vitest'
import type { PartCase } from '../../../src/contract/group/part-case.ts'

/** Registers the cases with vitest. */
export function runCases(name: string, cases: readonly PartCase<string>[]): void {
  describe(name, () => {
    for (const { title, run } of cases) it(title, async context => await run({ skip: reason => context.skip(reason) }))
  })
}

/** Rule to message of its first failing case. */
export async function failedRules<Rule extends string>(cases: readonly PartCase<Rule>[]): Promise<Map<Rule, string>> {
  const failed = new Map<Rule, string>()
  for (const { id, run } of cases) {
    await run().catch((error: unknown) => failed.has(id) || failed.set(id, String(error)))
  }
  return failed
}
