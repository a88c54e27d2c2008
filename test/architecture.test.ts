import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { comparePart, table } from './docs/page-part.ts'

const root = fileURLToPath(new URL('../src/', import.meta.url))

/** What the files of a folder may import beside each other; `(types)`: by `import type` only. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'errors.ts': [],
  bytes: ['errors.ts'],
  codec: ['errors.ts', 'bytes'],
  core: ['errors.ts', 'bytes', 'codec', 'store/store.ts (types)'],
  store: ['errors.ts', 'bytes', 'core', 'p-limit', 'level'],
  opfs: ['errors.ts', 'bytes', 'core', 'store/durability.ts', 'store/store.ts (types)', 'store/tab-lock.ts'],
  snapshot: ['errors.ts', 'bytes', 'codec', 'core', 'store/store.ts'],
  group: ['errors.ts', 'bytes', 'core', 'store/store.ts (types)'],
  blob: [
    'errors.ts',
    'bytes',
    'codec/set-own.ts',
    'core',
    'store/key-queue.ts',
    'store/store.ts (types)',
    '@noble/hashes/sha2.js',
  ],
  'blob/disk': ['errors.ts', 'bytes', 'blob', 'codec/set-own.ts', 'core', 'store'],
  netmap: ['errors.ts', 'bytes', 'codec', 'core', 'snapshot', 'store/store.ts'],
  redis: ['errors.ts', 'bytes', 'core', 'store/store.ts', '@noble/hashes/legacy.js'],
  synced: ['errors.ts', 'bytes', 'codec', 'core', 'redis'],
  contract: [
    'errors.ts',
    'core/check.ts',
    'core/equal-deep.ts',
    'snapshot',
    'store/memory-store.ts',
    'store/store.ts',
    'blob (types)',
    'group (types)',
    'redis (types)',
    'synced (types)',
    'fast-check (types)',
  ],
  cli: [
    'errors.ts',
    'bytes',
    'codec',
    'core',
    'store',
    'snapshot',
    'netmap',
    'blob',
    'blob/disk',
    'group',
    'redis',
    'commander',
    'ioredis',
  ],
  'index.ts': ['errors.ts', 'codec (types)', 'snapshot', 'store'],
}

/** The only files outside of `cli`, `group/node` and `blob/disk` that may import `node:` modules, and files that import one of these. */
const nodeOnly = new Set(
  `atomic-file directory-hold file-io file-store key-file store-directory`.split(' ').map(name => `store/${name}.ts`),
)

const needsNode = (file: string): boolean => nodeOnly.has(file) || /^(?:cli|group\/node|blob\/disk)\//.test(file)

const maxLines = 400

interface Import {
  readonly from: string
  /** A file of `src`, or the name of a package. */
  readonly to: string
  readonly isTypeOnly: boolean
  readonly isLazy: boolean
}

const statement = /^(?:import|export) (type )?(?:(\{[^}]*\}|\*(?: as \w+)?|\w+(?:, \{[^}]*\})?) from )?'([^']+)'/gm

const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .map(file => file.replaceAll('\\', '/'))
  .filter(file => file.endsWith('.ts'))
  .sort()
const texts = new Map(files.map(file => [file, readFileSync(root + file, 'utf8')]))
const imports = files.flatMap(importsOf)

function importsOf(from: string): Import[] {
  const text = texts.get(from)!.replaceAll(/^\s*(?:\/\/|\*|\/\*).*$/gm, '')
  const found: Import[] = []
  const resolve = (to: string): string => (to.startsWith('.') ? posix.join(posix.dirname(from), to) : to)
  for (const [, type, names = '', to] of text.matchAll(statement)) {
    const list = /^\{([^}]*)\}$/.exec(names.trim())?.[1]?.split(',') ?? []
    const named = list.map(name => name.trim()).filter(name => name !== '')
    const isTypeOnly = type !== undefined || (named.length > 0 && named.every(name => name.startsWith('type ')))
    found.push({ from, to: resolve(to!), isTypeOnly, isLazy: false })
  }
  for (const [, isType, to] of text.matchAll(/(typeof )?\bimport\('([^']+)'/g)) {
    found.push({ from, to: resolve(to!), isTypeOnly: isType !== undefined, isLazy: true })
  }
  return found
}

const folderOf = (file: string): string => (file.startsWith('blob/disk/') ? 'blob/disk' : file.split('/')[0]!)

function mayImport({ from, to, isTypeOnly }: Import): boolean {
  if (to.startsWith('node:')) return isTypeOnly || needsNode(from)
  if (folderOf(from) === folderOf(to)) return true
  const targets = [to, ...(to.endsWith('.ts') ? [folderOf(to)] : [])]
  const rules = allowed[folderOf(from)] ?? []
  return targets.some(target => rules.includes(target) || (isTypeOnly && rules.includes(`${target} (types)`)))
}

it('the imports are found', () => {
  expect(imports.length).toBeGreaterThan(200)
  expect(imports).toContainEqual({
    from: 'store/open-level-directory.ts',
    to: 'level',
    isTypeOnly: false,
    isLazy: true,
  })
})

it('every folder imports only what the table allows', () => {
  expect(imports.filter(each => !mayImport(each))).toEqual([])
  expect([...new Set(files.map(folderOf))].sort()).toEqual(Object.keys(allowed).sort())
})

it('every permission of the table is used', () => {
  const used = (folder: string, rule: string): boolean => {
    const [target, types] = rule.split(' ')
    const fits = (each: Import): boolean =>
      [each.to, folderOf(each.to)].includes(target!) && folderOf(each.from) === folder
    return imports.some(each => fits(each) && (types === undefined || each.isTypeOnly))
  }
  for (const [folder, rules] of Object.entries(allowed))
    expect(
      rules.filter(rule => !used(folder, rule)),
      folder,
    ).toEqual([])
})

it('level is loaded only when a LevelStore is opened', () => {
  expect(imports.filter(({ to, isTypeOnly, isLazy }) => to === 'level' && !isTypeOnly && !isLazy)).toEqual([])
})

it('only the file store, the nodes of groups, the blob store on disk and the command need Node', () => {
  const values = imports.filter(({ isTypeOnly }) => !isTypeOnly)
  const reached = values.filter(({ from, to }) => needsNode(to) && !needsNode(from))
  expect(reached).toEqual([])
  expect([...nodeOnly].filter(file => !texts.has(file))).toEqual([])
})

it('nobody imports the entry points, nor anything outside of src', () => {
  const entries = ['netmap', 'group', 'group/node', 'blob', 'synced', 'contract'].map(folder => `${folder}/index.ts`)
  entries.push('index.ts')
  expect(imports.filter(({ to }) => entries.includes(to) || to.startsWith('..') || to.startsWith('coldsnap'))).toEqual(
    [],
  )
})

it('there are no cycles, not even of types', () => {
  const state = new Map<string, 'open' | 'done'>()
  const cycles: string[] = []
  const visit = (file: string, path: readonly string[]): void => {
    if (state.get(file) === 'open') cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '))
    if (state.has(file) || !texts.has(file)) return
    state.set(file, 'open')
    for (const each of imports) if (each.from === file) visit(each.to, [...path, file])
    state.set(file, 'done')
  }
  for (const file of files) visit(file, [])
  expect(cycles).toEqual([])
})

it(`no file is longer than ${maxLines} lines, and none has a default export`, () => {
  const long = [...texts].filter(([, text]) => text.split('\n').length - 1 > maxLines)
  const defaults = [...texts].filter(([, text]) => /^export default\b|\bas default\b/m.test(text))
  expect([...long, ...defaults].map(([file]) => file)).toEqual([])
})

it('docs/ARCHITECTURE.md has the same table, and is short', async () => {
  const rows = Object.entries(allowed).map(([folder, rules]) => [
    `\`${folder}\``,
    rules.map(rule => rule.replace(/^\S+/, '`$&`')).join(', ') || 'nothing',
  ])
  await comparePart(
    'ARCHITECTURE.md',
    'imports',
    table(['Folder', 'May import'], rows),
    process.env['COLDSNAP_WRITE_FIXTURES'] === '1',
  )
  const page = readFileSync(fileURLToPath(new URL('../docs/ARCHITECTURE.md', import.meta.url)), 'utf8')
  expect(page.split('\n').length - 1).toBeLessThanOrEqual(150)
})
