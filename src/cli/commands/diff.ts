import { type CliAction, type CliCall, cliAction, textOption } from '../cli-command.ts'
import { type ColumnDifference, compareStates } from '../compare-states.ts'
import { openState, wholeNumber } from '../open-state.ts'
import { findDirectory, openStore } from '../open-store.ts'
import type { Paint } from '../paint.ts'
import { safeText } from '../safe-text.ts'
import type { StoredState } from '../stored-state.ts'

interface Compared {
  readonly a: ComparedState
  readonly b: ComparedState
  readonly differences: readonly ColumnDifference[]
}

interface ComparedState {
  readonly directory: string
  readonly cache: string
  readonly generation: number | undefined
}

// How many keys of a column are named one by one.
const shownKeys = 20

export const diffAction: CliAction = cliAction<Compared>({
  run: async call => {
    const report = await compare(call)
    return { report, exit: report.differences.length === 0 ? 'ok' : 'found' }
  },
  show,
})

async function compare(call: CliCall): Promise<Compared> {
  const { dir, a, b } = call.args
  const cache = textOption(call, 'name')
  const first = await findDirectory(dir!, call.io)
  await using opened = await openStore(first, 'read', call.io)
  if (b !== undefined) {
    const generations = [wholeNumber('Generation A', a!, 1), wholeNumber('Generation B', b, 1)]
    const states: StoredState[] = []
    for (const generation of generations)
      states.push(await openState(opened, { cache, generation, isWhole: false }, call))
    return await report([first.path, first.path], states[0]!, states[1]!)
  }
  const second = await findDirectory(a!, call.io)
  const stateA = await openState(opened, { cache, isWhole: true }, call)
  if (second.path === first.path) return await report([first.path, first.path], stateA, stateA)
  await using other = await openStore(second, 'read', call.io)
  const stateB = await openState(other, { cache: cache ?? stateA.cache, isWhole: true }, call)
  return await report([first.path, second.path], stateA, stateB)
}

async function report([dirA, dirB]: readonly [string, string], a: StoredState, b: StoredState): Promise<Compared> {
  const describe = (directory: string, { cache, generation }: StoredState): ComparedState => {
    return { directory, cache, generation }
  }
  return { a: describe(dirA, a), b: describe(dirB, b), differences: await compareStates(a, b) }
}

function* show({ differences }: Compared, paint: Paint): Generator<string> {
  for (const { column, change, added = [], removed = [], changed = [], reordered } of differences) {
    const what = change === 'elements' ? '' : ` (${change === 'value' ? 'another value' : change})`
    yield `${paint.bold(safeText(column))}${what}`
    yield* keyLines('+', added, paint.good)
    yield* keyLines('-', removed, paint.bad)
    yield* keyLines('~', changed, text => text)
    if (reordered === true) yield '  in another order'
  }
  if (differences.length === 0) yield paint.good('no difference')
}

function* keyLines(sign: string, keys: readonly string[], colour: (text: string) => string): Generator<string> {
  for (const key of keys.slice(0, shownKeys)) yield colour(`  ${sign} ${safeText(key)}`)
  if (keys.length > shownKeys) yield colour(`  ${sign} ... ${keys.length - shownKeys} more`)
}
