import type { Usage } from './usage-table.ts'

/** One line of the index. A `scanned` blob counts only where nothing else is known of it. */
export type UsageLine =
  | { readonly kind: 'put' | 'scanned'; readonly id: string; readonly usage: Usage }
  | { readonly kind: 'use'; readonly id: string; readonly usedMs: number }
  | { readonly kind: 'remove'; readonly id: string }

const pattern = /^(?:([+=]) ([0-9a-f/]+) (\d+) (-?\d+) (-?\d+|-)|u ([0-9a-f/]+) (-?\d+)|- ([0-9a-f/]+))$/

export function putLine(id: string, usage: Usage): string {
  return `+ ${fieldsOf(id, usage)}`
}

export function scannedLine(id: string, usage: Usage): string {
  return `= ${fieldsOf(id, usage)}`
}

export function useLine(id: string, usedMs: number): string {
  return `u ${id} ${usedMs}`
}

export function removeLine(id: string): string {
  return `- ${id}`
}

function fieldsOf(id: string, { size, usedMs, expiresAtMs }: Usage): string {
  return `${id} ${size} ${usedMs} ${expiresAtMs ?? '-'}`
}

/** What a line says; `undefined` if it is none. */
export function parseLine(line: string): UsageLine | undefined {
  const found = pattern.exec(line)
  if (found === null) return undefined
  const [, kind, id, size, usedMs, expires, used, useMs, removed] = found
  if (used !== undefined) return { kind: 'use', id: used, usedMs: Number(useMs) }
  if (removed !== undefined) return { kind: 'remove', id: removed }
  const expiresAtMs = expires === '-' ? undefined : Number(expires)
  const usage = { size: Number(size), usedMs: Number(usedMs), expiresAtMs }
  return { kind: kind === '+' ? 'put' : 'scanned', id: id!, usage }
}
