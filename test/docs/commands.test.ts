import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { cliCommands } from '../../src/cli/cli-commands.ts'
import { fencesOf, pages } from './page-program.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { scripts: Record<string, string> }

it('blocks are in a language that some test looks at', () => {
  const fences = pages.flatMap(page => fencesOf(root + page).map(fence => ({ page, ...fence })))
  const strange = fences.filter(({ language }) => !['ts', 'sh', 'json', 'text'].includes(language))
  expect(strange.map(({ page, line, language }) => `${page}:${line} ${language}`)).toEqual([])
  // As `text` passes what is neither code nor a command: layouts, signatures, bytes. Code that only looks so is caught.
  const code = fences.filter(({ language, code }) => language === 'text' && /^\s*(?:import|const|await) /m.test(code))
  expect(code.map(({ page, line }) => `${page}:${line}`)).toEqual([])
  for (const { language, code } of fences) if (language === 'json') JSON.parse(code)
})

it('every line of a shell block is a command that is looked at', () => {
  const lines = pages.flatMap(page =>
    fencesOf(root + page)
      .filter(({ language }) => language === 'sh')
      .flatMap(({ code }) => code.trim().split('\n')),
  )
  expect(lines.length).toBeGreaterThan(4)
  const parts = lines.flatMap(line => line.split(' && '))
  expect(parts.filter(part => !/^(?:npm (?:install|test|run)|npx coldsnap)\b/.test(part))).toEqual([])
})

it('every script of npm that a page names exists', () => {
  const named = pages.flatMap(page => {
    const text = readFileSync(root + page, 'utf8')
    return [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => ({ page, name: name! }))
  })
  expect(named.length).toBeGreaterThan(10)
  expect(named.filter(({ name }) => !Object.hasOwn(scripts, name))).toEqual([])
})

it('every command of coldsnap that a page names exists, with its options', () => {
  const commands = new Map(cliCommands.map(({ name, options }) => [name, options.map(({ flags }) => flags)]))
  const named = pages.flatMap(page => {
    const text = readFileSync(root + page, 'utf8')
    return [...text.matchAll(/npx coldsnap ((?:blob )?\w+)([^\n`]*)/g)].map(([, name, rest]) => ({
      page,
      name: name!,
      options: [...rest!.matchAll(/\s(--?[a-z][\w-]*)/g)].map(([, option]) => option!),
    }))
  })
  expect(named.length).toBeGreaterThan(5)
  const wrong = named.filter(({ name, options }) => {
    const known = commands.get(name)?.flatMap(flags => flags.match(/--?[a-z][\w-]*/g) ?? [])
    return known === undefined || options.some(option => !['--json', '--help', ...known].includes(option))
  })
  expect(wrong).toEqual([])
})

it('every test that a page names as proof exists', () => {
  const named = pages.flatMap(page => {
    const text = readFileSync(root + page, 'utf8')
    return [...text.matchAll(/`(test\/[\w/.-]+\.test\.ts)`/g)].map(([, path]) => `${page}: ${path}`)
  })
  expect(named.length).toBeGreaterThan(100)
  expect(named.filter(each => !existsSync(root + each.split(': ')[1]!))).toEqual([])
})

it('every row of docs/security.md that says what is so names the test, or that there is none', () => {
  const rows = readFileSync(`${root}docs/security.md`, 'utf8')
    .split('\n## ')
    .slice(2)
    .flatMap(section => section.split('\n'))
    .filter(line => line.startsWith('| ') && !line.includes('Shown by'))
  expect(rows.length).toBeGreaterThan(30)
  const bare = rows.filter(row => !/(?:`test\/\S+\.test\.ts`|not shown by a test) \|$/.test(row))
  expect(bare).toEqual([])
})
