import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { GroupCache } from '../../src/group/group-cache.ts'

const page = readFileSync(fileURLToPath(new URL('../../docs/group.md', import.meta.url)), 'utf8')

/** The options that are known, as the refusal of an unknown one lists them. */
function optionsOf(refused: () => unknown): string[] {
  try {
    refused()
  } catch (error) {
    return /options are (.*)$/.exec(String(error))![1]!.split(', ')
  }
  throw new Error('An unknown option was taken')
}

function rowsOf(heading: string): string[] {
  const section = page.split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!
  return [...section.matchAll(/^\| (`[^|]*`) \|/gm)].flatMap(([, names]) => names!.replaceAll('`', '').split(', '))
}

it('docs/group.md has every option', () => {
  const unknown = { unknown: 1 }
  expect(rowsOf('Options of a group')).toEqual(optionsOf(() => new GroupCache().group('x', unknown as never)))
  expect(rowsOf('Options of the cache')).toEqual(optionsOf(() => new GroupCache(unknown as never)))
})
