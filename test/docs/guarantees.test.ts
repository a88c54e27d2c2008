import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { pageUrl } from './page-part.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const text = readFileSync(pageUrl('guarantees.md'), 'utf8')
const tests = [...text.matchAll(/`(test\/[^`]+)`/g)].map(([, path]) => path!)

it('every test that docs/guarantees.md names is there', () => {
  expect(tests.length).toBeGreaterThan(40)
  expect(tests.filter(path => !existsSync(root + path))).toEqual([])
})

it('every promise of docs/guarantees.md names the test that shows it', () => {
  const sections = text.split('\n## ').filter(section => /^What (?:a|File|Level|Redis|DiskBlob)/.test(section))
  expect(sections).toHaveLength(8)
  const rows = sections.flatMap(section => section.split('\n').filter(line => line.startsWith('| ')))
  const promises = rows.filter(row => !/^\| (?:Promise|---)/.test(row))
  expect(promises.length).toBeGreaterThan(30)
  expect(
    promises.filter(row => !/`test\/\S+\.test\.ts` \|$/.test(row) && !row.endsWith('| not shown by a test |')),
  ).toEqual([])
})

it('every script that docs/guarantees.md names is one of package.json', () => {
  const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { scripts: Record<string, string> }
  const named = [...text.matchAll(/npm run (\w+)/g)].map(([, name]) => name!)
  expect(named).toEqual(['crash', 'kill', 'fuzz'])
  for (const name of named) expect(scripts).toHaveProperty(name)
})
