import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import {
  blobRules,
  crashRules,
  entryCacheRules,
  redisPortRules,
  ringHashRules,
  storeRules,
  transportRules,
  valueCodecRules,
} from '../../src/contract/index.ts'

const tables = [
  ['stores.md', 'rules', 'A store keeps it if', storeRules],
  ['stores.md', 'crash-rules', 'A cache over the store keeps it if', crashRules],
  ['stores.md', 'redis-port-rules', 'A port keeps it if', redisPortRules],
  ['blob.md', 'blob-rules', 'A blob store keeps it if', blobRules],
  ['group-parts.md', 'entry-cache-rules', 'An entry cache keeps it if', entryCacheRules],
  ['group-parts.md', 'transport-rules', 'A transport keeps it if', transportRules],
  ['group-parts.md', 'value-codec-rules', 'A codec keeps it if', valueCodecRules],
  ['group-parts.md', 'ring-hash-rules', 'A hash keeps it if', ringHashRules],
] as const

for (const [page, name, title, rules] of tables) {
  it(`docs/${page} has the table of ${name}, word for word`, async () => {
    const text = await readFile(new URL(`../../docs/${page}`, import.meta.url), 'utf8')
    const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`]
    const table = text.split(start)[1]?.split(end)[0]?.trim()
    const rows = Object.entries(rules).map(([id, rule]) => `| ${id} | ${rule} |`)
    expect(table, `the table between ${start} and ${end}`).toBe(
      [`| Rule | ${title} |`, '|---|---|', ...rows].join('\n'),
    )
  })
}
