import { describe, expect, it } from 'vitest'
import type { Netmap } from '../../src/netmap/netmap.ts'
import { PlainNetmapCache } from '../../src/netmap/plain-cache.ts'
import type { Node } from '../../src/netmap/tailcfg.ts'
import { FileStore } from '../../src/store/file-store.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import type { Store } from '../../src/store/store.ts'
import {
  asFresh,
  cases,
  fixture,
  fourMethods,
  readJson,
  readRecords,
  recordsOf,
  steps,
  storeOf,
  withDirectory,
} from './fixtures.ts'

/** Runs `use` with a store, and tells what records it holds then, read without the library where it is a directory. */
type Medium = (use: (store: Store) => Promise<void>) => Promise<Map<string, string>>

const media: Record<string, Medium> = {
  MemoryStore: async use => {
    const store = new MemoryStore()
    await use(store)
    return recordsOf(store)
  },
  'a store with four methods': async use => {
    const store = new MemoryStore()
    await use(fourMethods(store))
    return recordsOf(store)
  },
  FileStore: use =>
    withDirectory(async directory => {
      const store = await FileStore.open(directory, { durability: 'process' })
      await use(store)
      await store.close()
      return readRecords(directory)
    }),
}

describe.each(cases)('recorded case %s', name => {
  it('loads what Go loads', async () => {
    const cache = new PlainNetmapCache(await storeOf(await readRecords(fixture(name, 'dir'))))
    const snapshot = await cache.load()
    expect(snapshot?.report.problems).toEqual([])
    expect(snapshot?.state).toEqual(await readJson<Netmap>(name, 'loaded.json'))
  })

  it.each(Object.keys(media))('is stored with the same bytes in %s', async medium => {
    const recorded = await readRecords(fixture(name, 'dir'))
    const snapshot = await new PlainNetmapCache(await storeOf(recorded)).load()
    if (snapshot === undefined) throw new Error('nothing loaded')
    const records = await media[medium]?.(async store => {
      const result = await new PlainNetmapCache(store).store(asFresh(snapshot.state))
      expect(new Set(result.written)).toEqual(new Set(recorded.keys()))
      expect(result.bytes).toBe([...recorded.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0))
    })
    expect(records).toEqual(recorded)
  })

  it('is stored with the same bytes from what Go printed', async () => {
    const store = new MemoryStore()
    await new PlainNetmapCache(store).store(asFresh(await readJson<Netmap>(name, 'loaded.json')))
    expect(await recordsOf(store)).toEqual(await readRecords(fixture(name, 'dir')))
  })
})

it('loads the recorded directories through FileStore', async () => {
  for (const name of cases) {
    const store = await FileStore.open(fixture(name, 'dir'), { readOnly: true })
    const snapshot = await new PlainNetmapCache(store).load()
    expect(snapshot?.state).toEqual(await readJson<Netmap>(name, 'loaded.json'))
    await store.close()
  }
})

describe.each(Object.keys(media))('the recorded steps in %s', medium => {
  interface Steps {
    readonly update: readonly Node[]
    readonly remove: readonly string[]
    readonly next: Netmap
  }
  const calls: ((cache: PlainNetmapCache, input: Steps) => Promise<unknown>)[] = [
    async cache => cache.store(asFresh(await readJson<Netmap>('steps', '0-store.loaded.json'))),
    (cache, { update, remove }) => cache.updatePeers(update, remove),
    (cache, { next }) => cache.updateSelf(next),
    (cache, { next }) => cache.store(next),
  ]

  it.each([1, 2, 3, 4])('give the directory of the first %i', async count => {
    const input = await readJson<Steps>('steps', 'steps.json')
    const last = steps[count - 1] ?? ''
    const records = await media[medium]?.(async store => {
      const cache = new PlainNetmapCache(store)
      for (const call of calls.slice(0, count)) await call(cache, input)
      // The same cache and one that starts from the disk see the same.
      for (const reader of [cache, new PlainNetmapCache(store)]) {
        expect((await reader.load())?.state).toEqual(await readJson<Netmap>('steps', `${last}.loaded.json`))
      }
    })
    expect(records).toEqual(await readRecords(fixture('steps', last)))
  })
})
