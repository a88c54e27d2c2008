import { setOwn } from '../codec/set-own.ts'
import { CacheError } from '../errors.ts'
import type { Shape } from '../snapshot/columns.ts'
import type { ColumnContent, StoredState } from './stored-state.ts'
import { fromTagged, toTagged } from './tagged-json.ts'

/** How a state is written to a file. */
export type StateFormat = 'json' | 'ndjson'

/** A state that was read from a file. */
export interface ReadState {
  readonly savedAtMs: number | undefined
  readonly schemaVersion: number
  readonly columns: readonly { readonly name: string; readonly content: ColumnContent }[]
}

interface FileColumn {
  readonly name: string
  readonly shape: Shape
  readonly count: number
}

interface FileHeader {
  /** The version of this form. */
  readonly coldsnap: 1
  readonly cache: string
  readonly generation: number | null
  readonly savedAt: string | null
  readonly schemaVersion: number | null
  readonly columns: readonly FileColumn[]
}

/**
 * The text of `state`. NDJSON: a line that says what follows, then a line for each plain column and each element. JSON: one
 * object, the same with the values in its columns.
 */
export async function* writeState(state: StoredState, format: StateFormat): AsyncGenerator<string> {
  const { generation = null, savedAtMs, schemaVersion = null } = state
  const savedAt = savedAtMs === undefined ? null : new Date(savedAtMs).toISOString()
  const about = { coldsnap: 1 as const, cache: state.cache, generation, savedAt, schemaVersion }
  const columns = state.columns.map(({ name, shape, count }): FileColumn => ({ name, shape, count }))
  if (format === 'ndjson') yield `${JSON.stringify({ ...about, columns } satisfies FileHeader)}\n`
  else yield `${JSON.stringify(about).slice(0, -1)},"columns":[`
  for (const [i, column] of state.columns.entries()) {
    const content = await state.read(column)
    if (format === 'ndjson') yield* columnLines(column.name, content)
    else yield `${i === 0 ? '' : ','}\n${JSON.stringify({ ...columns[i], ...contentFields(content) })}`
  }
  if (format === 'json') yield '\n]}\n'
}

function contentFields(content: ColumnContent): object {
  if (content.shape === 'plain') return { value: toTagged(content.value) }
  return { elements: content.elements.map(([key, value]) => [key, toTagged(value)]) }
}

function* columnLines(column: string, content: ColumnContent): Generator<string> {
  if (content.shape === 'plain') yield `${JSON.stringify({ column, value: toTagged(content.value) })}\n`
  else {
    for (const [key, value] of content.elements) yield `${JSON.stringify({ column, key, value: toTagged(value) })}\n`
  }
}

/** The state that {@link writeState} wrote, in either format. Throws `CORRUPT` for a text that it did not write whole. */
export function readState(text: string): ReadState {
  const end = text.indexOf('\n')
  const first = parsedLine(end === -1 ? text : text.slice(0, end))
  // The first line of the other format is not JSON by itself.
  const whole = first ?? parsedLine(text)
  if (!isHeader(whole)) throw corrupt('it is no export of coldsnap')
  const isLines = whole.columns.every(column => !('value' in column) && !('elements' in column))
  const contents = isLines ? contentsOfLines(text.slice(end + 1), whole) : whole.columns.map(contentOfColumn)
  const columns = whole.columns.map(({ name, shape, count }, i) => {
    const content = contents[i]
    const found = content === undefined ? 0 : content.shape === 'plain' ? 1 : content.elements.length
    if (content === undefined || content.shape !== shape || found !== count) {
      throw corrupt(`column "${name}" has ${found} of ${count} elements`)
    }
    return { name, content }
  })
  if (new Set(columns.map(({ name }) => name)).size < columns.length) throw corrupt('two columns have one name')
  const savedAtMs = whole.savedAt === null ? undefined : Date.parse(whole.savedAt)
  if (Number.isNaN(savedAtMs)) throw corrupt('its savedAt is no time')
  return { savedAtMs, schemaVersion: whole.schemaVersion ?? 0, columns }
}

function parsedLine(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isHeader(value: unknown): value is FileHeader {
  if (typeof value !== 'object' || value === null) return false
  const { coldsnap, columns, savedAt, schemaVersion } = value as Partial<Record<keyof FileHeader, unknown>>
  if (typeof coldsnap === 'number' && coldsnap > 1) {
    throw new CacheError('FORMAT_NEWER', `Cannot read the export: its form is ${coldsnap}, known is 1`)
  }
  const isTime = savedAt === null || typeof savedAt === 'string'
  const isVersion = schemaVersion === null || Number.isSafeInteger(schemaVersion)
  return coldsnap === 1 && isTime && isVersion && Array.isArray(columns) && columns.every(isColumn)
}

function isColumn(value: unknown): value is FileColumn {
  const { name, shape, count } = (value ?? {}) as Partial<Record<keyof FileColumn, unknown>>
  const isShape = ['plain', 'array', 'object', 'map'].includes(shape as string)
  return typeof name === 'string' && isShape && Number.isSafeInteger(count)
}

function contentOfColumn(column: FileColumn): ColumnContent {
  const { value, elements } = column as { readonly value?: unknown; readonly elements?: unknown }
  if (column.shape === 'plain') return { shape: 'plain', value: fromTagged(value) }
  if (!Array.isArray(elements)) throw corrupt(`column "${column.name}" has no elements`)
  return { shape: column.shape, elements: elements.map(elementOf) }
}

function elementOf(pair: unknown): readonly [string, unknown] {
  if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== 'string') throw corrupt('an element is no pair')
  return [pair[0], fromTagged(pair[1])]
}

function contentsOfLines(text: string, header: FileHeader): (ColumnContent | undefined)[] {
  const plain = new Map<string, unknown>()
  const elements = new Map(header.columns.map(({ name }) => [name, [] as [string, unknown][]]))
  const shapes = new Map(header.columns.map(({ name, shape }) => [name, shape]))
  for (const [i, line] of text.split('\n').entries()) {
    if (line === '') continue
    const parsed = (parsedLine(line) ?? {}) as { column?: unknown; key?: unknown; value?: unknown }
    const { column, key } = parsed
    const shape = typeof column === 'string' ? shapes.get(column) : undefined
    if (shape === undefined || typeof column !== 'string' || !('value' in parsed))
      throw corrupt(`line ${i + 2} is no part`)
    const value = fromTagged(parsed.value)
    if (shape === 'plain') plain.set(column, value)
    else if (typeof key !== 'string') throw corrupt(`line ${i + 2} has no key`)
    else elements.get(column)!.push([key, value])
  }
  return header.columns.map(({ name, shape }): ColumnContent | undefined => {
    if (shape !== 'plain') return { shape, elements: elements.get(name)! }
    return plain.has(name) ? { shape, value: plain.get(name) } : undefined
  })
}

/** `columns` as the state of an application. */
export function stateOfColumns(columns: ReadState['columns'], value: (content: ColumnContent) => unknown): object {
  const state: Record<string, unknown> = {}
  for (const { name, content } of columns) setOwn(state, name, value(content))
  return state
}

function corrupt(problem: string): CacheError {
  return new CacheError('CORRUPT', `Cannot read the export: ${problem}`)
}
