import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { errorCodes, problemCodes } from '../../src/index.ts'
import { mayWrite } from '../format/fixture-store.ts'
import { errorAdvice, problemAdvice } from './advice.ts'
import { comparePart, table } from './page-part.ts'

function rows(codes: Readonly<Record<string, string>>, advice: Readonly<Record<string, string>>): string {
  const body = Object.entries(codes).map(([code, when]) => [`\`${code}\``, when, advice[code]!])
  return table(['Code', 'When', 'What the caller can do'], body)
}

it('docs/errors.md has every error code, with the sentence of the source', async () => {
  await comparePart('errors.md', 'errors', rows(errorCodes, errorAdvice), mayWrite)
})

it('docs/errors.md has every problem code, with the sentence of the source', async () => {
  await comparePart('errors.md', 'problems', rows(problemCodes, problemAdvice), mayWrite)
})

it('every code is one that the source gives', () => {
  const root = fileURLToPath(new URL('../../src/', import.meta.url))
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'))
  const isTable = (file: string): boolean => file === 'errors.ts' || /report\.ts$/.test(file)
  const source = files.map(file => (isTable(file) ? '' : readFileSync(root + file, 'utf8'))).join('\n')
  const codes = [...Object.keys(errorCodes), ...Object.keys(problemCodes)]
  expect(codes.filter(code => !source.includes(`'${code}'`))).toEqual([])
})
