import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { blobRules, crashRules, storeRules } from '../../src/contract/index.ts'

const tables = [
  ['stores', 'rules', 'A store keeps it if', storeRules],
  ['stores', 'crash-rules', 'A cache over the store keeps it if', crashRules],
  ['blob', 'blob-rules', 'A blob store keeps it if', blobRules],
] as const

for (const [page, name, title, rules] of tables) {
  it(`docs/${page}.md has the table of ${name}, word for word`, async () => {
    const text = await readFile(new URL(`../../docs/${page}.md`, import.meta.url), 'utf8')
    const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`]
    const table = text.split(start)[1]?.split(end)[0]?.trim()
    const rows = Object.entries(rules).map(([id, rule]) => `| ${id} | ${rule} |`)
    expect(table, `the table between ${start} and ${end}`).toBe(
      [`| Rule | ${title} |`, '|---|---|', ...rows].join('\n'),
    )
  })
}
