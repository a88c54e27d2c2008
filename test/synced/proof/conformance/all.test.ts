import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

it('every point of the checklist, C1 to C30, has its test', () => {
  const folder = fileURLToPath(new URL('.', import.meta.url))
  const files = readdirSync(folder).filter(file => file.endsWith('.test.ts') && file !== 'all.test.ts')
  const titles = files.flatMap(file => {
    const text = readFileSync(folder + file, 'utf8')
    return [...text.matchAll(/\bit(?:\.each\([^)]*\))?\(\s*[`'](C\d+) \S/g)].map(([, number]) => number!)
  })
  const wanted = Array.from({ length: 30 }, (_, i) => `C${i + 1}`)
  expect(wanted.filter(number => !titles.includes(number))).toEqual([])
  expect(titles.filter(number => !wanted.includes(number))).toEqual([])
})
