import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { describe, expect, it } from 'vitest'
import { entryPoints } from './declarations.ts'

interface Size {
  /** What is evaluated with the import, minified and compressed, in bytes. */
  readonly atOnce: number
  /** That and what is imported when it is first needed. */
  readonly all: number
}

const isAccepting = process.env['COLDSNAP_WRITE_FIXTURES'] === '1'
const table = new URL('sizes.json', import.meta.url)
const accepted = JSON.parse(readFileSync(table, 'utf8')) as Record<string, Size>
/** How far a size may be from what was accepted, up or down: less is no news. */
const tolerance = 0.04

describe('the size of an entry point changes only when it is accepted, by npm run api:accept', () => {
  const entries = entryPoints()

  it.each(entries)('$name', async ({ name, source }) => {
    const size = await sizeOf(source)
    const known = accepted[name] ?? { atOnce: 0, all: 0 }
    const isNear = (['atOnce', 'all'] as const).every(
      part => Math.abs(size[part] - known[part]) <= known[part] * tolerance,
    )
    if (isNear) return
    if (!isAccepting) expect({ [name]: size }).toEqual({ [name]: known })
    accepted[name] = size
    write()
  })

  it('none is in the table that is no longer there', () => {
    const gone = Object.keys(accepted).filter(name => !entries.some(entry => entry.name === name))
    if (!isAccepting) expect(gone).toEqual([])
    for (const name of gone) delete accepted[name]
    write()
  })

  function write(): void {
    const sorted = entries.flatMap(({ name }) =>
      accepted[name] === undefined ? [] : [[name, accepted[name]] as const],
    )
    if (isAccepting) writeFileSync(table, `${JSON.stringify(Object.fromEntries(sorted), undefined, 2)}\n`)
  }
})

/** What a bundler for Node makes of an entry, `level` left out. */
async function sizeOf(source: string): Promise<Size> {
  const input = fileURLToPath(new URL(`../../${source}`, import.meta.url))
  const build = await rolldown({ input, platform: 'node', external: [/^node:/, 'level'], logLevel: 'silent' })
  const { output } = await build.generate({ format: 'esm', minify: true })
  await build.close()
  const chunks = output.filter(chunk => chunk.type === 'chunk')
  const atOnce = new Set(chunks.filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName))
  const byName = new Map(chunks.map(chunk => [chunk.fileName, chunk]))
  for (const name of atOnce) for (const next of byName.get(name)?.imports ?? []) if (byName.has(next)) atOnce.add(next)
  const bytes = (names: Iterable<string>): number => {
    let sum = 0
    for (const name of names) sum += gzipSync(byName.get(name)!.code, { level: 9 }).byteLength
    return sum
  }
  return { atOnce: bytes(atOnce), all: bytes(byName.keys()) }
}
