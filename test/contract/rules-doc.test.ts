import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { crashRules, storeRules } from '../../src/contract/index.ts'

const tables = [
  ['rules', 'A store keeps it if', storeRules],
  ['crash-rules', 'A cache over the store keeps it if', crashRules],
] as const

for (const [name, title, rules] of tables) {
  it(`docs/stores.md has the table of ${name}, word for word`, async () => {
    const text = await readFile(new URL('../../docs/stores.md', import.meta.url), 'utf8')
    const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`]
    const table = text.split(start)[1]?.split(end)[0]?.trim()
    const rows = Object.entries(rules).map(([id, rule]) => `| ${id} | ${rule} |`)
    expect(table, `the table between ${start} and ${end}`).toBe(
      [`| Rule | ${title} |`, '|---|---|', ...rows].join('\n'),
    )
  })
}
