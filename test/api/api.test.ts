import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { apiIndex, apiReference } from './api-reference.ts'
import { apiReport } from './api-report.ts'
import { publicApi } from './public-api.ts'

const isAccepting = process.env['COLDSNAP_WRITE_FIXTURES'] === '1'
const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url))
const api = publicApi()

const reports = new Map(api.map(entry => [`test/api/reports/${entry.slug}.api.md`, apiReport(entry)]))
const pages = new Map(api.map(entry => [`docs/api/${entry.slug}.md`, apiReference(entry, api)]))
pages.set('docs/api/index.md', apiIndex(api))

describe.each([
  { what: 'a public type changes only when it is accepted', files: reports },
  { what: 'the reference says what the doc comments say', files: pages },
])('$what, by npm run api:accept', ({ files }) => {
  const folder = dirname([...files.keys()][0]!)

  it.each([...files.keys()])('%s', name => {
    if (isAccepting) write(name, files.get(name)!)
    expect(files.get(name)!).toBe(readFileSync(path(name), 'utf8').replaceAll('\r\n', '\n'))
  })

  it(`${folder} has no other page`, () => {
    const others = readdirSync(path(folder)).filter(name => !files.has(`${folder}/${name}`))
    if (isAccepting) for (const name of others) rmSync(path(`${folder}/${name}`))
    else expect(others).toEqual([])
  })
})

function write(name: string, text: string): void {
  mkdirSync(dirname(path(name)), { recursive: true })
  writeFileSync(path(name), text)
}

describe('doc comments', () => {
  // Members whose names and meanings are those of others: the comment of the type says of whom.
  const foreign = `
    src/core/meter.ts src/core/tracer.ts src/netmap/netmap.ts src/netmap/tailcfg.ts src/redis/redis-client.ts
    src/snapshot/standard-schema.ts src/store/level-database.ts src/synced/synced-settings.ts
  `
    .trim()
    .split(/\s+/)
  const all = api.flatMap(({ exported, named }) => [...exported, ...named])

  it('every export has one', () => {
    expect(all.length).toBeGreaterThan(300)
    expect(missing(all.map(({ name, source, doc }) => ({ name: `${name} of ${source}`, doc })))).toEqual([])
  })

  it('every public member of a class or interface has one', () => {
    const members = all
      .filter(({ source }) => !foreign.includes(source))
      .flatMap(({ name, source, members }) =>
        members.map(member => ({ name: `${name}.${member.name} of ${source}`, member: member.name, doc: member.doc })),
      )
      // A class says what it is made of; and everyone knows what `await using` calls.
      .filter(({ member }) => member !== 'constructor' && member !== '[Symbol.asyncDispose]')
    expect(members.length).toBeGreaterThan(500)
    expect(missing(members)).toEqual([])
    expect(foreign.filter(source => !all.some(each => each.source === source))).toEqual([])
  })

  it('every link leads somewhere', () => {
    const names = new Set(all.map(({ name }) => name))
    const links = all.flatMap(({ doc, members, source }) => {
      const text = [doc, ...members.map(member => member.doc)].map(each => each.text).join('\n')
      const own = new Set(members.map(({ name }) => name))
      const found = [...text.matchAll(/\{@link\s+([\w$]+)/g)].map(([, name]) => name!)
      return found.map(name => ({ link: `${name} of ${source}`, isFound: names.has(name) || own.has(name) }))
    })
    expect(links.length).toBeGreaterThan(50)
    expect([...new Set(links.filter(({ isFound }) => !isFound).map(({ link }) => link))]).toEqual([])
  })
})

function missing(documented: readonly { readonly name: string; readonly doc: { readonly text: string } }[]): string[] {
  return [...new Set(documented.filter(({ doc }) => doc.text.trim() === '').map(({ name }) => name))]
}
