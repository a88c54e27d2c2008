import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { describe, expect, it } from 'vitest'

const source = (path: string): string => fileURLToPath(new URL(`../../src/${path}`, import.meta.url))

/** What a bundler for browsers makes of an entry: the code that is loaded at once. */
async function bundle(path: string): Promise<{ code: string; imports: string[] }> {
  const build = await rolldown({ input: source(path), platform: 'browser', external: /^node:/, logLevel: 'silent' })
  const { output } = await build.generate({ format: 'esm', minify: true })
  await build.close()
  const chunks = output.filter(chunk => chunk.type === 'chunk')
  const entry = chunks.find(chunk => chunk.isEntry)!
  return { code: entry.code, imports: chunks.flatMap(chunk => [...chunk.imports, ...chunk.dynamicImports]) }
}

describe('in a bundle for browsers', () => {
  const entries =
    'index.ts netmap/index.ts group/index.ts blob/index.ts redis/index.ts synced/index.ts contract/index.ts store/browser-level-store.ts opfs/opfs-store.ts'.split(
      ' ',
    )
  it.each(entries)('%s imports nothing of Node', async path => {
    const { imports } = await bundle(path)
    expect(imports.filter(name => name.startsWith('node:'))).toEqual([])
  })

  it('coldsnap/level has no line of LevelDB', async () => {
    expect((await bundle('store/browser-level-store.ts')).imports).toEqual([])
  })

  it('the check finds what FileStore imports', async () => {
    const { imports } = await bundle('store/file-store.ts')
    expect(imports).toContain('node:path')
  })
})
