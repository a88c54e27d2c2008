import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { storeRules } from '../../src/contract/index.ts'

const start = '<!-- rules:start -->'
const end = '<!-- rules:end -->'

/** The table of rules as it stands in docs/stores.md. */
function rulesTable(): string {
  const rows = Object.entries(storeRules).map(([id, rule]) => `| ${id} | ${rule} |`)
  return ['| Rule | A store keeps it if |', '|---|---|', ...rows].join('\n')
}

it('docs/stores.md has the table of rules, word for word', async () => {
  const text = await readFile(new URL('../../docs/stores.md', import.meta.url), 'utf8')
  const table = text.split(start)[1]?.split(end)[0]?.trim()
  expect(table, `the table between ${start} and ${end}`).toBe(rulesTable())
})
