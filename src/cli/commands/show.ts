/// <reference types="node" />
import { inspect } from 'node:util'
import { type CliAction, type CliCall, cliAction, textOption } from '../cli-command.ts'
import { notFound, wrongUsage } from '../cli-failure.ts'
import { findColumn, openState, wholeNumber } from '../open-state.ts'
import { findDirectory, openStore } from '../open-store.ts'
import { safeText } from '../safe-text.ts'
import { showBytes } from '../show-units.ts'
import { columnValue, type StoredColumn, type StoredState } from '../stored-state.ts'
import { toTagged } from '../tagged-json.ts'
import { textTable } from '../text-table.ts'

interface Shown {
  readonly cache: string
  readonly generation: number | undefined
  readonly savedAt: string | undefined
  readonly schemaVersion: number | undefined
  /** Without a column. */
  readonly columns?: readonly StoredColumn[]
  readonly column?: string
  readonly key?: string
  /** In the form of `--json`: what JSON cannot carry is tagged. */
  readonly value?: unknown
}

export const showAction: CliAction = cliAction<Shown & { readonly plain?: unknown }>({
  run: async call => ({ report: await find(call) }),
  show: print,
})

/** The number of the option `--generation`. */
export function generationOf(call: CliCall): number | undefined {
  const text = textOption(call, 'generation')
  return text === undefined ? undefined : wholeNumber('Option --generation', text, 1)
}

async function find(call: CliCall): Promise<Shown> {
  const { dir, name, column: columnName, key } = call.args
  const generation = generationOf(call)
  await using opened = await openStore(await findDirectory(dir!, call.io), 'read', call.io)
  const state = await openState(opened, { cache: name, generation, isWhole: false }, call)
  const savedAt = state.savedAtMs === undefined ? undefined : new Date(state.savedAtMs).toISOString()
  const about = { cache: state.cache, generation: state.generation, savedAt, schemaVersion: state.schemaVersion }
  if (columnName === undefined) return { ...about, columns: state.columns }
  const column = findColumn(state, columnName)
  if (key === undefined) {
    return withValue({ ...about, column: column.name }, columnValue(await state.read(column)))
  }
  return withValue({ ...about, column: column.name, key }, await findElement(state, column, key))
}

async function findElement(state: StoredState, column: StoredColumn, key: string): Promise<unknown> {
  const content = await state.read(column)
  if (content.shape === 'plain') return wrongUsage(`Column "${column.name}" is plain: it has no keys`)
  const element = content.elements.find(([each]) => each === key)
  return element === undefined ? notFound(`There is no element "${key}" in column "${column.name}"`) : element[1]
}

// The value itself goes along unseen by JSON, for the text.
function withValue(shown: Shown, value: unknown): Shown {
  const report = { ...shown, value: toTagged(value) }
  return Object.defineProperty(report, 'plain', { value, enumerable: false })
}

function* print(shown: Shown & { readonly plain?: unknown }): Generator<string> {
  if (shown.columns === undefined) {
    const options = { depth: null, maxArrayLength: null, maxStringLength: null, breakLength: 100 }
    for (const line of inspect(shown.plain, options).split('\n')) yield safeText(line)
    return
  }
  const { generation, savedAt, schemaVersion } = shown
  const told = [
    generation === undefined ? '' : `generation ${generation}`,
    savedAt === undefined ? '' : `saved ${savedAt}`,
    schemaVersion === undefined ? '' : `schema version ${schemaVersion}`,
  ]
  yield [safeText(shown.cache), ...told.filter(part => part !== '')].join(', ')
  const rows = shown.columns.map(({ name, shape, count, bytes, pieces }) => {
    return [safeText(name), shape, shape === 'plain' ? '' : String(count), showBytes(bytes), String(pieces)]
  })
  for (const line of textTable(['COLUMN', 'SHAPE', 'ELEMENTS', 'SIZE', 'PIECES'], rows, [2, 3, 4])) yield `  ${line}`
}
