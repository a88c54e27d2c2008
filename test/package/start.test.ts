import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

const directory = mkdtempSync(join(tmpdir(), 'coldsnap-start-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const built = (path: string): string => new URL(`../../dist/${path}`, import.meta.url).href
const open = `
  const { SnapshotCache } = await import('${built('index.js')}')
  const { FileStore } = await import('${built('store/file-store.js')}')
  const store = await FileStore.open(${JSON.stringify(join(directory, 'store'))})
  const cache = new SnapshotCache(store)`

// From a file, as programs are: other ways to start bring in less of Node before.
function run(program: string): unknown {
  const file = join(directory, 'program.mjs')
  writeFileSync(file, program)
  return JSON.parse(execFileSync(process.execPath, [file], { encoding: 'utf8' }))
}

describe('a start from files', () => {
  // Streams, perf_hooks or crypto take a tenth of it each.
  it('brings in no module of Node that was not there', () => {
    run(`${open}; await cache.store({ first: 1, second: 2 }); await store.close(); console.log('null')`)
    const found = run(`const before = new Set(process.moduleLoadList)${open}
      const { state } = await cache.load({ columns: ['first'] })
      const added = process.moduleLoadList.filter(name => !before.has(name))
      console.log(JSON.stringify({ state, added }))
      await store.close()`)
    expect(found).toEqual({ state: { first: 1 }, added: [] })
  })
})
