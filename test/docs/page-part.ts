import { readFile, writeFile } from 'node:fs/promises'
import { expect } from 'vitest'

/** A page of the documentation. */
export function pageUrl(name: string): URL {
  return new URL(`../../docs/${name}`, import.meta.url)
}

/**
 * Holds the part of a page between `<!-- part:start -->` and `<!-- part:end -->` against what the source says it must be.
 * With `write` a part that differs is replaced instead. The formatter may have aligned the columns of tables.
 */
export async function comparePart(name: string, part: string, wanted: string, write = false): Promise<void> {
  const page = pageUrl(name)
  const text = await readFile(page, 'utf8')
  const [start, end] = [`<!-- ${part}:start -->`, `<!-- ${part}:end -->`]
  const [before, rest = ''] = text.split(start)
  const [found = '', after] = rest.split(end)
  expect(after, `${start} and ${end} stand in docs/${name}`).toBeDefined()
  if (write && unaligned(found) !== unaligned(wanted)) {
    await writeFile(page, `${before}${start}\n\n${wanted}\n\n${end}${after}`)
  } else expect(unaligned(found)).toBe(unaligned(wanted))
}

/** A table of Markdown. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')
}

function unaligned(text: string): string {
  const lines = text.trim().split('\n')
  return lines
    .map(line => (line.startsWith('|') ? line.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---') : line))
    .join('\n')
}
