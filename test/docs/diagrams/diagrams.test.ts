import { readFile, writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { mayWrite } from '../../format/fixture-store.ts'
import { dataFlow } from './data-flow.ts'
import { onDisk } from './on-disk.ts'

const diagrams = { 'data-flow.svg': dataFlow, 'on-disk.svg': onDisk }

for (const [name, make] of Object.entries(diagrams)) {
  // COLDSNAP_WRITE_FIXTURES=1 writes it anew.
  it(`docs/diagrams/${name} is what its source makes`, async () => {
    const file = new URL(`../../../docs/diagrams/${name}`, import.meta.url)
    const made = await make()
    if (mayWrite) await writeFile(file, made)
    expect(await readFile(file, 'utf8')).toBe(made)
  })
}
