import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { GroupCache } from '../../src/group/group-cache.ts'
import { GroupNode } from '../../src/group/node/group-node.ts'

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

it('docs/group.md has every option', async () => {
  const unknown = { unknown: 1 }
  expect(rowsOf('Options of a group')).toEqual(optionsOf(() => new GroupCache().group('x', unknown as never)))
  const ofCache = optionsOf(() => new GroupCache(unknown as never))
  expect(rowsOf('Options of the cache')).toEqual(ofCache)
  const refusal = await GroupNode.listen('127.0.0.1:0', unknown as never).catch((error: unknown) => error)
  const ofNode = optionsOf(() => {
    throw refusal
  })
  expect(rowsOf('Options of a node')).toEqual(ofNode.filter(name => !ofCache.includes(name)))
})
