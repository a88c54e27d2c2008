import { describe, expect, it } from 'vitest'
import { type BlobHandle, type BlobRule, blobContract, blobRules } from '../../src/contract/index.ts'
import { blobMutants, soundHandle } from './blob-mutants.ts'

const rules = Object.keys(blobRules) as BlobRule[]

/** Rule to message of its first failing case. */
async function failures(open: () => BlobHandle, which: readonly BlobRule[]): Promise<Map<BlobRule, string>> {
  const failed = new Map<BlobRule, string>()
  for (const { id, run } of blobContract(open, { maxBodyBytes: 1_000_000 })) {
    if (which.includes(id)) await run().catch((error: unknown) => failed.has(id) || failed.set(id, String(error)))
  }
  return failed
}

describe('mutant blob stores', () => {
  it('the store they are made from keeps every rule', async () => {
    expect(await failures(soundHandle, rules)).toEqual(new Map())
  })

  for (const { what, rule, open } of blobMutants) {
    it(`${rule} bites a store that ${what}`, async () => {
      expect((await failures(open, [rule])).get(rule)).toMatch(`Error: ${rule} `)
    })
  }

  it('every rule bites at least one of them', () => {
    expect(rules.filter(rule => blobMutants.every(mutant => mutant.rule !== rule))).toEqual([])
    expect(new Set(blobMutants.map(({ what }) => what)).size).toBe(blobMutants.length)
  })
})

describe('blobContract', () => {
  it('has the cases in the order of the rules, at least one for each, under titles of their own', () => {
    const cases = blobContract(soundHandle)
    expect([...new Set(cases.map(({ id }) => id))]).toEqual(rules)
    expect(new Set(cases.map(({ title }) => title)).size).toBe(cases.length)
  })

  it('refuses wrong options at once', () => {
    const wrong = (options: object): (() => unknown) => {
      return () => blobContract(soundHandle, options)
    }
    expect(wrong({ skip: { B99: 'why' } })).toThrow(/B99/)
    expect(wrong({ skip: { B6: ' ' } })).toThrow(/reason for B6/)
    expect(wrong({ skips: {} })).toThrow(/Unknown option skips/)
    expect(wrong({ maxBodyBytes: 0 })).toThrow(RangeError)
    expect(() => blobContract(7 as never)).toThrow(TypeError)
  })

  it('keeps a skipped case in the list, says why, and opens nothing', async () => {
    const open = (): never => {
      throw new Error('opened')
    }
    const skipped = blobContract(open, { skip: { B6: 'no order' } }).filter(({ id }) => id === 'B6')
    expect(skipped.length).toBeGreaterThan(0)
    for (const { title, run } of skipped) {
      expect(title).toMatch(/no order/)
      const notes: string[] = []
      await run({ skip: note => notes.push(note) })
      expect(notes).toEqual(['no order'])
    }
  })
})
