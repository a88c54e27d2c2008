import { describe, expect, it } from 'vitest'
import { entryCacheContract } from '../../../src/contract/group/entry-cache-contract.ts'
import { entryCacheRules } from '../../../src/contract/group/entry-cache-rules.ts'
import type { EntryCache } from '../../../src/group/entry-cache.ts'
import { LruCache } from '../../../src/group/lru-cache.ts'
import { failedRules, runCases } from '../run-cases.ts'
import { entryCacheMutants } from './entry-cache-mutants.ts'
import { SoundEntryCache } from './sound-entry-cache.ts'

runCases(
  'LruCache',
  entryCacheContract(options => new LruCache(options)),
)

describe('entryCacheContract', () => {
  runCases(
    'the cache that mutants are made from',
    entryCacheContract(options => new SoundEntryCache(options)),
  )

  for (const { what, rule, Cache } of entryCacheMutants) {
    it(`${rule} bites a cache that ${what}`, async () => {
      const failed = await failedRules(entryCacheContract(options => new Cache(options)))
      expect(failed.get(rule)).toMatch(`Error: ${rule} `)
    })
  }

  it('every rule bites at least one of them, and has cases in its order', () => {
    expect(new Set(entryCacheMutants.map(({ rule }) => rule))).toEqual(new Set(Object.keys(entryCacheRules)))
    const cases = entryCacheContract(options => new SoundEntryCache(options))
    expect([...new Set(cases.map(({ id }) => id))]).toEqual(Object.keys(entryCacheRules))
    expect(new Set(cases.map(({ title }) => title)).size).toBe(cases.length)
  })

  it('leaves rules out with a reason, and refuses wrong options', async () => {
    const open = (): EntryCache => {
      throw new Error('opened')
    }
    const cases = entryCacheContract(open, { skip: { E15: 'wipes' } })
    const last = cases.at(-1)
    expect(last).toMatchObject({ id: 'E15', skipped: 'wipes' })
    expect(last?.title).toMatch(/ \(skipped: wipes\)$/)
    const notes: string[] = []
    await last?.run({ skip: note => notes.push(note) })
    expect(notes).toEqual(['wipes'])
    await expect(cases[0]?.run()).rejects.toThrow('E1 keys that are not there: found Error: opened, wanted success')
    expect(() => entryCacheContract(open, { skip: { E99: 'why' } } as never)).toThrow(/E99/)
    expect(() => entryCacheContract(open, { skip: { E1: ' ' } })).toThrow(/reason for E1/)
    expect(() => entryCacheContract(open, { skips: {} } as never)).toThrow(/Unknown option skips/)
    expect(() => entryCacheContract({} as never)).toThrow(TypeError)
  })
})
