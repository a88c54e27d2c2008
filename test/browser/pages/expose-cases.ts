import type { CaseContext } from '../../../src/contract/rule-cases.ts'

/** What became of a case that ran in a page. */
export interface PageResult {
  /** Why it was left out. */
  readonly skipped?: string
  /** How it failed, with the stack. */
  readonly failed?: string
}

/** A case that runs in a page. */
export interface PageCase {
  readonly title: string
  run(context?: CaseContext): Promise<void>
}

/** What a page with cases has as global functions. */
export interface CasePage {
  titles(suite: string): string[]
  runCase(suite: string, index: number): Promise<PageResult>
}

/** Lets the test outside run the cases of this page, one by one. */
export function exposeCases(suites: Readonly<Record<string, readonly PageCase[]>>): void {
  Object.assign(globalThis, casePageOf(suites))
}

/** The functions that run the cases, one by one. */
export function casePageOf(suites: Readonly<Record<string, readonly PageCase[]>>): CasePage {
  return {
    titles: suite => suites[suite]!.map(({ title }) => title),
    async runCase(suite, index) {
      let skipped: string | undefined
      const context = {
        skip(reason: string): void {
          skipped = reason
        },
      }
      try {
        await suites[suite]![index]!.run(context)
        return skipped === undefined ? {} : { skipped }
      } catch (error) {
        return { failed: error instanceof Error ? `${error.stack}\n${String(error.cause ?? '')}` : String(error) }
      }
    },
  }
}
