import type { Page } from 'playwright-core'
import { afterAll, describe, expect, it } from 'vitest'
import type { CasePage } from './pages/expose-cases.ts'

// What the page has as globals.
declare const titles: CasePage['titles']
declare const runCase: CasePage['runCase']

/** Registers the cases of a page with vitest; `wanted` are the titles that the page must have. */
export function runPageCases(name: string, suite: string, wanted: readonly string[], page: () => Page): void {
  describe(name, () => {
    const leftOut = new Set<string>()
    it('has the cases that it has on Node', async () => {
      expect(await page().evaluate(of => titles(of), suite)).toEqual(wanted)
    })
    for (const [index, title] of wanted.entries()) {
      it(title, async context => {
        const result = await page().evaluate(([of, at]) => runCase(of, at), [suite, index] as const)
        if (result.failed !== undefined) throw new Error(result.failed)
        if (result.skipped === undefined) return
        leftOut.add(`${title.split(' ')[0]} ${result.skipped}`)
        context.skip(result.skipped)
      })
    }
    afterAll(() => {
      if (leftOut.size > 0) process.stdout.write(`${name}, left out: ${[...leftOut].join('; ')}\n`)
    })
  })
}
