import { expect, it } from 'vitest'
import { MemoryStore, SnapshotCache } from '../../src/index.ts'
import { Broken, brokenCases } from './broken-cases.ts'
import { withCountedRandomness } from './deterministic.ts'
import { addCase, type Files, filesOf, listCases, mayWrite, readCase, storeOf, toText } from './fixture-store.ts'
import { type GoldenCase, goldenCases, writeGolden } from './golden-cases.ts'
import type { State } from './golden-states.ts'

for (const { name, code, about, from, break: breakIt } of brokenCases) {
  it(`${name}: ${about} is ${code}`, async () => {
    const store = await storeOf(await brokenFiles())
    const before = toText(await filesOf(store))
    let reported = 0
    const cache = new SnapshotCache<State>(store, { name: 'app', onReport: () => reported++ })
    expect(await cache.load()).toBeUndefined()
    expect(reported).toBe(1)
    const { ok, whole, problems } = await cache.verify()
    expect({ ok, whole, codes: problems.map(problem => problem.code) }).toEqual({ ok: false, whole: [], codes: [code] })
    expect(toText(await filesOf(store)), 'reading changes nothing').toEqual(before)
  })

  // Written first, so that the cases that are added are read in the same run.
  async function brokenFiles(): Promise<Files> {
    const golden = goldenCases.find(found => found.name === from)!
    const broken = new Broken(await goldenFiles(golden))
    await breakIt(broken)
    const stored = await readCase('broken', name)
    if (stored === undefined) {
      if (!mayWrite) throw new Error(`fixtures/format/broken/${name} is missing; COLDSNAP_WRITE_FIXTURES=1 adds it`)
      await addCase('broken', name, broken.files)
      return broken.files
    }
    expect(toText(broken.files)).toEqual(toText(stored))
    return stored
  }
}

async function goldenFiles(golden: GoldenCase): Promise<Files> {
  const stored = await readCase('v1', golden.name)
  if (stored !== undefined) return stored
  const store = new MemoryStore()
  await withCountedRandomness(() => writeGolden(golden, store))
  return await filesOf(store)
}

it('every broken directory has its case', async () => {
  expect(await listCases('broken')).toEqual(brokenCases.map(({ name }) => name).sort())
})

it('a broken newest head costs the newest snapshot, not the one before', async () => {
  const golden = goldenCases.find(({ name }) => name === 'two-generations')!
  const files = new Map(await goldenFiles(golden))
  const newest = [...files.keys()].filter(key => key.startsWith('app/@head/')).at(-1)!
  files.set(newest, files.get(newest)!.slice(0, 50))
  const snapshot = await new SnapshotCache<State>(await storeOf(files), { name: 'app' }).load()
  expect(snapshot?.generation).toBe(2)
  expect(snapshot?.report.fallback).toBe(true)
  expect(snapshot?.report.problems.map(({ code, generation }) => ({ code, generation }))).toEqual([
    { code: 'HEAD_CORRUPT', generation: 3 },
  ])
})

it('a store that is empty has neither a snapshot nor a problem', async () => {
  const cache = new SnapshotCache<State>(new MemoryStore(), { onReport: () => expect.unreachable() })
  expect(await cache.load()).toBeUndefined()
  expect(await cache.verify()).toEqual({ ok: true, whole: [], problems: [], unused: [] })
})
