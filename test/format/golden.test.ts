import { expect, it } from 'vitest'
import { MemoryStore, SnapshotCache } from '../../src/index.ts'
import { FileStore } from '../../src/store/file-store.ts'
import { withCountedRandomness } from './deterministic.ts'
import { addCase, caseDirectory, filesOf, listCases, mayWrite, readCase, storeOf, toText } from './fixture-store.ts'
import { goldenCases, writeGolden } from './golden-cases.ts'
import type { State } from './golden-states.ts'

for (const golden of goldenCases) {
  const { name, options = {}, state, generation = 1, previous } = golden

  it(`${name}: is written as it always was`, async () => {
    const store = new MemoryStore()
    await withCountedRandomness(() => writeGolden(golden, store))
    const written = await filesOf(store)
    const stored = await readCase('v1', name)
    if (stored === undefined) {
      if (!mayWrite) throw new Error(`fixtures/format/v1/${name} is missing; COLDSNAP_WRITE_FIXTURES=1 adds it`)
      await addCase('v1', name, written)
      return
    }
    if (golden.notReproducible === undefined) expect(toText(written)).toEqual(toText(stored))
    else expect([...written.keys()]).toEqual([...stored.keys()])
  })

  it(`${name}: is read as it always was`, async () => {
    const files = (await readCase('v1', name))!
    const store = await storeOf(files)
    const cache = new SnapshotCache<State>(store, { name: 'app', ...options, poisonAfter: 0 })
    const snapshot = await cache.load()
    expect(snapshot?.report).toEqual({ problems: [], fallback: false })
    expect(snapshot?.state).toStrictEqual(state)
    expect(Object.keys(snapshot!.state)).toEqual(Object.keys(state))
    expect(snapshot?.generation).toBe(generation)
    const heads = [...files.keys()].filter(key => key.startsWith('app/@head/'))
    expect(heads.length).toBe(generation === 1 ? 1 : 2)
    const verification = await cache.verify()
    expect(verification).toEqual({ ok: true, whole: expect.any(Array), problems: [], unused: [] })
    expect(verification.whole.length).toBe(heads.length)
    if (previous === undefined) return
    await store.remove(heads.at(-1)!)
    const older = await new SnapshotCache<State>(store, { name: 'app', ...options }).load()
    expect(older?.state).toStrictEqual(previous)
  })

  it(`${name}: is a directory that FileStore reads`, async () => {
    await using store = await FileStore.open(caseDirectory('v1', name), { readOnly: true })
    const snapshot = await new SnapshotCache<State>(store, { name: 'app', ...options, poisonAfter: 0 }).load()
    expect(snapshot?.state).toStrictEqual(state)
  })
}

it('every golden directory has its case', async () => {
  expect(await listCases('v1')).toEqual(goldenCases.map(({ name }) => name).sort())
})
