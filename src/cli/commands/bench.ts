/// <reference types="node" />
import { mkdir, mkdtemp, readdir, rm, rmdir } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { checkSignal } from '../../core/check.ts'
import { CacheError } from '../../errors.ts'
import { fileError, systemCode } from '../../store/file-error.ts'
import { FileStore } from '../../store/file-store.ts'
import { LevelStore } from '../../store/level-store.ts'
import { type BenchFigure, benchFigures, measureRound } from '../bench-round.ts'
import { benchState, withOneChanged } from '../bench-state.ts'
import { type BenchSubject, directorySubject, jsonSubject, remoteSubject } from '../bench-subject.ts'
import { type CliAction, type CliCall, cliAction, textOption } from '../cli-command.ts'
import { wrongUsage } from '../cli-failure.ts'
import { wholeNumber } from '../open-state.ts'
import { findDirectory, openStore } from '../open-store.ts'
import type { Paint } from '../paint.ts'
import { safeText } from '../safe-text.ts'
import { showBytes, showCount } from '../show-units.ts'
import { textTable } from '../text-table.ts'

interface Measured {
  readonly medianMs: number
  /** The median divided by that of the JSON file. */
  readonly ratio: number
  readonly samplesMs: readonly number[]
}

interface BenchResult extends Readonly<Record<BenchFigure, Measured>> {
  readonly store: string
  /** What it takes after the change. */
  readonly bytes: number | undefined
}

interface BenchReport {
  readonly directory: string
  readonly rows: number
  readonly rounds: number
  readonly machine: string
  /** The JSON file comes first. */
  readonly results: readonly BenchResult[]
}

const maxRows = 1_000_000
const maxRounds = 1000
const titles: Readonly<Record<BenchFigure, string>> = {
  coldStore: 'COLD STORE',
  oneChanged: 'ONE CHANGED',
  load: 'LOAD',
  firstField: 'FIRST FIELD',
}

export const benchAction: CliAction = cliAction<BenchReport>({
  run: async call => ({ report: await bench(call) }),
  show,
})

async function bench(call: CliCall): Promise<BenchReport> {
  const number = (name: string, otherwise: string, max: number): number =>
    wholeNumber(`Option --${name}`, textOption(call, name) ?? otherwise, 1, max)
  const rows = number('rows', '10000', maxRows)
  const rounds = number('rounds', '5', maxRounds)
  const remote = await remoteOf(call)
  await using place = await emptyDirectory(call)
  const subjects = [
    jsonSubject(join(place.path, 'json')),
    directorySubject('file', join(place.path, 'file'), directory => FileStore.open(directory)),
    directorySubject('level', join(place.path, 'level'), directory => LevelStore.open(directory)),
    ...remote,
  ]
  const results = await measure(subjects, { rows, rounds }, call)
  const machine = `Node ${process.versions.node}, ${process.platform} ${process.arch}, ${showCount(availableParallelism(), 'CPU')}`
  return { directory: place.path, rows, rounds, machine, results }
}

// Round by round, so that whatever else the machine does meets all of them.
async function measure(
  subjects: readonly BenchSubject[],
  { rows, rounds }: { readonly rows: number; readonly rounds: number },
  { io, progress }: CliCall,
): Promise<BenchResult[]> {
  const state = benchState(rows)
  const states = [state, withOneChanged(state)] as const
  const taken = subjects.map(() => [] as Awaited<ReturnType<typeof measureRound>>[])
  let done = 0
  // The first round warms everything up and is not counted.
  for (let round = 0; round <= rounds; round++) {
    for (const [i, subject] of subjects.entries()) {
      checkSignal(io.signal)
      progress.show(subject.name, done++, subjects.length * (rounds + 1))
      const measured = await measureRound(subject, states)
      if (round > 0) taken[i]!.push(measured)
    }
  }
  const medians = taken.map(each => (figure: BenchFigure) => medianOf(each.map(one => one.timesMs[figure])))
  const resultOf = (i: number): BenchResult => {
    const measured = (figure: BenchFigure): Measured => {
      const medianMs = medians[i]!(figure)
      const samplesMs = taken[i]!.map(one => one.timesMs[figure])
      return { medianMs, ratio: medianMs / medians[0]!(figure), samplesMs }
    }
    const figures = Object.fromEntries(benchFigures.map(figure => [figure, measured(figure)]))
    return { ...(figures as Record<BenchFigure, Measured>), store: subjects[i]!.name, bytes: taken[i]!.at(-1)!.bytes }
  }
  return subjects.map((_, i) => resultOf(i))
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

// What is removed at the end must be ours alone, so nothing may be there at the start.
async function emptyDirectory({ args, io }: CliCall): Promise<AsyncDisposable & { readonly path: string }> {
  const named = args['dir']
  if (named === undefined) {
    const path = await mkdtemp(join(tmpdir(), 'coldsnap-bench-'))
    return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
  }
  const target = await findNew(resolve(io.cwd, named))
  const made = target.isThere ? undefined : await mkdir(target.path, { recursive: true })
  const { path } = target
  const clear = async (): Promise<void> => {
    for (const name of ['json', 'file', 'level']) await rm(join(path, name), { recursive: true, force: true })
    // Of folders that were made on the way to it, this one alone: another program may use the others by now.
    if (made !== undefined) await rmdir(path)
  }
  return { path, [Symbol.asyncDispose]: clear }
}

async function findNew(path: string): Promise<{ readonly path: string; readonly isThere: boolean }> {
  const names = await readdir(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined
    throw fileError(error, `Cannot open ${path}`)
  })
  if (names === undefined || names.length === 0) return { path, isThere: names !== undefined }
  throw new CacheError('ALREADY_EXISTS', `Cannot measure in ${path}: the directory is not empty`)
}

async function remoteOf(call: CliCall): Promise<BenchSubject[]> {
  const { io } = call
  const address = textOption(call, 'redis')
  if (address === undefined) return []
  const target = await findDirectory(address, io)
  if (target.kind !== 'redis') return wrongUsage('Option --redis must be redis://host/0?prefix=bench:')
  await using opened = await openStore(target, 'read', io)
  for await (const _ of opened.store.list('', { signal: io.signal })) {
    throw new CacheError('ALREADY_EXISTS', `Cannot measure in ${target.path}: there are keys`)
  }
  // An interrupt ends it between two rounds: it must not keep what a round has stored from being removed.
  const whole = { ...io, signal: new AbortController().signal }
  return [remoteSubject('redis', async () => (await openStore(target, 'write', whole)).store)]
}

function* show({ directory, rows, rounds, machine, results }: BenchReport, paint: Paint): Generator<string> {
  yield `${showCount(rows, 'row')}, medians of ${showCount(rounds, 'round')}, in ${safeText(directory)}`
  yield paint.dim(machine)
  yield ''
  const figureOf = ({ medianMs, ratio }: Measured): string =>
    `${showMs(medianMs)} ${`(${showRatio(ratio)})`.padStart(8)}`
  const lines = results.map(result => {
    const size = result.bytes === undefined ? '' : showBytes(result.bytes)
    return [result.store, ...benchFigures.map(figure => figureOf(result[figure])), size]
  })
  const header = ['', ...benchFigures.map(figure => titles[figure]), 'SIZE']
  yield* textTable(header, lines, [1, 2, 3, 4, 5])
  yield ''
  yield paint.dim('json: one file, written whole, flushed, put in place by rename; in brackets: times of it')
}

function showMs(ms: number): string {
  return `${ms < 10 ? ms.toFixed(2) : ms < 100 ? ms.toFixed(1) : ms.toFixed(0)} ms`
}

function showRatio(ratio: number): string {
  return `${ratio < 10 ? ratio.toFixed(2) : ratio.toFixed(0)}x`
}
