import type { Usage } from './usage-table.ts'

/**
 * One line of the index. A `scanned` blob counts only where nothing else is known of it. A line that `isLate` is one of the
 * index before, and counts only where nothing was put or removed since.
 */
export type UsageLine =
  | { readonly kind: 'scanned'; readonly id: string; readonly usage: Usage }
  | { readonly kind: 'put'; readonly id: string; readonly usage: Usage; readonly isLate: boolean }
  | { readonly kind: 'use'; readonly id: string; readonly usedMs: number }
  | { readonly kind: 'remove'; readonly id: string; readonly isLate: boolean }

const body = '[0-9a-f]{64}|-'
const fields = `([0-9a-f/]+) (\\d+) (-?\\d+) (-?\\d+|-)(?: (${body})(?: (\\d+) (${body}))?)?`
const pattern = new RegExp(`^(?:(~?\\+|=) ${fields}|u ([0-9a-f/]+) (-?\\d+)|(~?-) ([0-9a-f/]+))$`)

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

function fieldsOf(id: string, { size, usedMs, expiresAtMs, body, before }: Usage): string {
  const line = `${id} ${size} ${usedMs} ${expiresAtMs ?? '-'}`
  if (before !== undefined) return `${line} ${body ?? '-'} ${before.size} ${before.body ?? '-'}`
  return body === undefined ? line : `${line} ${body}`
}

/** A line of the index before; when something was used is the same in both. */
export function lateLine(line: string): string {
  return line.startsWith('u') ? line : `~${line}`
}

/** What a line says; `undefined` if it is none. */
export function parseLine(line: string): UsageLine | undefined {
  const found = pattern.exec(line)
  if (found === null) return undefined
  const [, kind, id, size, usedMs, expires, body, beforeSize, beforeBody, used, useMs, removal, removed] = found
  if (used !== undefined) return { kind: 'use', id: used, usedMs: Number(useMs) }
  if (removed !== undefined) return { kind: 'remove', id: removed, isLate: removal !== '-' }
  const expiresAtMs = expires === '-' ? undefined : Number(expires)
  const before = beforeSize === undefined ? undefined : { size: Number(beforeSize), body: nameOf(beforeBody) }
  const usage = { size: Number(size), usedMs: Number(usedMs), expiresAtMs, body: nameOf(body), before }
  return kind === '=' ? { kind: 'scanned', id: id!, usage } : { kind: 'put', id: id!, usage, isLate: kind !== '+' }
}

function nameOf(body: string | undefined): string | undefined {
  return body === '-' ? undefined : body
}
