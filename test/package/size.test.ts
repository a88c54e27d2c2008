import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sizeOfFiles from '@size-limit/file'
import { type OutputChunk, rolldown } from 'rolldown'
import sizeLimit from 'size-limit'
import { afterAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const kB = 1_000

const directory = mkdtempSync(join(tmpdir(), 'coldsnap-size-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** What a page with this code loads, in bytes, minified and compressed by gzip. */
interface Size {
  /** At once. */
  readonly start: number
  /** By the time it has stored a state and loaded it again, whatever that state holds. */
  readonly used: number
}

// Loaded by the calls of their names only.
const seldom = ['snapshot-view', 'maintenance']

// Of the built package, as its exports name it.
async function sizeOf(code: string): Promise<Size> {
  const entry = `${root}user-page.ts`
  const build = await rolldown({
    input: entry,
    platform: 'browser',
    logLevel: 'silent',
    plugins: [
      {
        name: 'user-page',
        resolveId: id => (id === entry ? id : null),
        load: id => (id === entry ? code : null),
      },
    ],
  })
  const dir = mkdtempSync(join(directory, 'page-'))
  const { output } = await build.write({ dir, format: 'esm', minify: true })
  await build.close()
  const chunks = new Map(output.filter(each => each.type === 'chunk').map(chunk => [chunk.fileName, chunk]))
  const first = [...chunks.values()].filter(chunk => chunk.isEntry)
  const reach = (nextOf: (chunk: OutputChunk) => readonly string[]): Set<OutputChunk> => {
    const reached = new Set(first)
    for (const chunk of reached) for (const name of nextOf(chunk)) if (chunks.has(name)) reached.add(chunks.get(name)!)
    return reached
  }
  const isUsed = (name: string): boolean => !seldom.some(each => name.startsWith(each))
  const loaded = [
    reach(chunk => chunk.imports),
    reach(chunk => [...chunk.imports, ...chunk.dynamicImports].filter(isUsed)),
  ]
  const checks = loaded.map(reached => ({ files: [...reached].map(chunk => join(dir, chunk.fileName)), gzip: true }))
  const sizes: readonly { readonly size: number }[] = Object.values(await sizeLimit([sizeOfFiles], { checks }))
  return { start: sizes[0]!.size, used: sizes[1]!.size }
}

// Budgets, not measurements: raise one with a reason. docs/browser.md has the figures.
describe('a page that imports', () => {
  it('a cache in memory loads at most 12 kB to start', async () => {
    const size = await sizeOf(`
      import { MemoryStore, SnapshotCache } from 'coldsnap'
      const cache = new SnapshotCache(new MemoryStore(), { name: 'app' })
      await cache.store({ a: 1 })
      console.log(await cache.load())`)
    expect(size.start).toBeLessThanOrEqual(12 * kB)
    expect(size.used).toBeLessThanOrEqual(36 * kB)
  })

  it('a cache in IndexedDB loads at most 20 kB to start', async () => {
    const size = await sizeOf(`
      import { SnapshotCache } from 'coldsnap'
      import { LevelStore } from 'coldsnap/level'
      const cache = new SnapshotCache(await LevelStore.open('app'), { name: 'app' })
      await cache.store({ a: 1 })
      console.log(await cache.load())`)
    expect(size.start).toBeLessThanOrEqual(20 * kB)
    expect(size.used).toBeLessThanOrEqual(40 * kB)
  })

  it('a cache in origin-private files loads at most 20 kB to start', async () => {
    const size = await sizeOf(`
      import { SnapshotCache } from 'coldsnap'
      import { OpfsStore } from 'coldsnap/opfs'
      const cache = new SnapshotCache(await OpfsStore.open('app'), { name: 'app' })
      await cache.store({ a: 1 })
      console.log(await cache.load())`)
    expect(size.start).toBeLessThanOrEqual(20 * kB)
    expect(size.used).toBeLessThanOrEqual(42 * kB)
  })
})
