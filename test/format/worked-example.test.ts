import { expect, it } from 'vitest'
import { comparePart, table } from '../docs/page-part.ts'
import { annotateHead } from './annotate.ts'
import { brokenCases } from './broken-cases.ts'
import { mayWrite, readCase } from './fixture-store.ts'
import { goldenCases } from './golden-cases.ts'

const compare = (part: string, wanted: string): Promise<void> => comparePart('FORMAT.md', part, wanted, mayWrite)

it('the worked example in docs/FORMAT.md is the fixture, byte for byte', async () => {
  const files = [...(await readCase('v1', 'worked-example'))!]
  expect(files.length).toBe(1)
  const [key, bytes] = files[0]!
  await compare('example', `\`\`\`text\n${key}\n\n${annotateHead(bytes)}\n\`\`\``)
})

it('docs/FORMAT.md lists every golden case', async () => {
  const rows = goldenCases.map(({ name, about }) => [`\`${name}\``, about])
  await compare('golden', table(['Case', 'What it shows'], rows))
})

it('docs/FORMAT.md lists every broken case with its problem', async () => {
  const rows = brokenCases.map(({ name, about, code }) => [`\`${name}\``, about, `\`${code}\``])
  await compare('broken', table(['Case', 'What is wrong', 'Problem'], rows))
})
