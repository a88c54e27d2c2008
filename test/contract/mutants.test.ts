import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type StoreRule, storeContract, storeProperties, storeRules } from '../../src/contract/index.ts'
import { callMutants } from './mutants/call-mutants.ts'
import { keyMutants } from './mutants/key-mutants.ts'
import { listMutants } from './mutants/list-mutants.ts'
import { manyMutants } from './mutants/many-mutants.ts'
import { handleOf, SoundStore } from './mutants/sound-store.ts'
import { valueMutants } from './mutants/value-mutants.ts'
import { verbMutants } from './mutants/verb-mutants.ts'

const mutants = [...verbMutants, ...listMutants, ...valueMutants, ...keyMutants, ...callMutants, ...manyMutants]
const rules = Object.keys(storeRules) as StoreRule[]

/** Rule to message of its first failing case. */
async function failures(StoreClass: (typeof mutants)[number]['Store']): Promise<Map<StoreRule, string>> {
  const failed = new Map<StoreRule, string>()
  // Above one MiB, where a mutant truncates, and no more: seventy stores are run through this.
  for (const { id, run } of storeContract(() => handleOf(StoreClass), { maxValueBytes: 1_100_000 })) {
    await run().catch((error: unknown) => failed.has(id) || failed.set(id, String(error)))
  }
  return failed
}

describe('mutant stores', () => {
  it('the store they are made from keeps every rule and property', async () => {
    expect(await failures(SoundStore)).toEqual(new Map())
    for (const { run } of storeProperties(() => handleOf(SoundStore), fc)) await run({ numRuns: 50 })
  })

  for (const { what, rule, also = [], property, Store } of mutants) {
    it(`${rule} bites a store that ${what}`, async () => {
      const failed = await failures(Store)
      expect(failed.get(rule)).toMatch(`Error: ${rule} `)
      if (also !== 'any') expect(sorted(failed.keys())).toEqual(sorted([rule, ...also]))
    })

    if (property !== undefined) {
      it(`${property} finds a store that ${what}`, async () => {
        const found = storeProperties(() => handleOf(Store), fc).find(({ id }) => id === property)
        await expect(found?.run({ numRuns: 2000, seed: 1 })).rejects.toThrow(/seed: 1/)
      })
    }
  }

  it('every rule bites at least one of them', () => {
    expect(sorted(new Set(mutants.map(mutant => mutant.rule)))).toEqual(rules)
  })

  it('no two say the same', () => {
    expect(new Set(mutants.map(mutant => mutant.what)).size).toBe(mutants.length)
  })
})

function sorted(ids: Iterable<StoreRule>): StoreRule[] {
  return [...ids].sort((a, b) => rules.indexOf(a) - rules.indexOf(b))
}
