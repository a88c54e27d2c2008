import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { SyncedCache } from '../../src/synced/synced-cache.ts'
import { pageUrl } from './page-part.ts'

const page = readFileSync(pageUrl('synced.md'), 'utf8')

function rowsOf(heading: string): string[] {
  const section = page.split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!
  return [...section.matchAll(/^\| (`[^|]*`) +\|/gm)].flatMap(([, names]) =>
    names!.replaceAll('`', '').split(/, (?=\w+)/),
  )
}

it('docs/synced.md has every option', async () => {
  const refusal = await SyncedCache.open({ unknown: 1 } as never).catch((error: unknown) => error)
  const known = /options are (.*)$/.exec(String(refusal))![1]!.split(', ')
  expect(rowsOf('Options').sort()).toEqual(known.sort())
})

it('docs/synced.md has every method', () => {
  const section = page.split('\n## Calls\n')[1]!.split('\n## ')[0]!
  const methods = Object.getOwnPropertyNames(SyncedCache.prototype).filter(name => name !== 'constructor')
  expect(methods.filter(name => !section.includes(`\`${name}`))).toEqual([])
})
