import { execFile } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type NetmapState, netmapState } from '../helpers/netmap-state.ts'
import type { Contender, JobName } from './contender.ts'
import { median } from './statistics.ts'

export interface HarnessOptions {
  /** Number of peers of the state. */
  readonly peers: number
  readonly rounds: number
  readonly jobs: readonly JobName[]
  readonly contenders: readonly Contender[]
  /** Everything is written below it, on the disk that is to be measured. */
  readonly directory: string
  /** Compare what every contender reads with the state. */
  readonly verify: boolean
  readonly onProgress?: (line: string) => void
}

/** Medians by contender and figure: milliseconds, or bytes. */
export type Medians = ReadonlyMap<string, Readonly<Record<string, number>>>

const run = promisify(execFile)
const child = fileURLToPath(new URL('child.js', import.meta.url))

/**
 * Runs every job of every contender once per round, each in a fresh process. The contenders take turns within a round,
 * and each round begins with another, so that a noisy minute hits all of them.
 */
export async function runHarness(options: HarnessOptions): Promise<Medians> {
  const { peers, rounds, jobs, contenders, directory, onProgress } = options
  const state = netmapState(peers)
  const stateFile = join(directory, `state-${peers}.json`)
  fs.writeFileSync(stateFile, JSON.stringify(state))
  const samples = new Map<string, Map<string, number[]>>()
  const reads = jobs.some(job => job !== 'store')
  if (reads) for (const contender of contenders) await prepare(contender, state, stateFile, directory)
  for (let round = 0; round < rounds; round++) {
    for (const job of jobs) {
      const shift = round % contenders.length
      for (const contender of [...contenders.slice(shift), ...contenders.slice(0, shift)]) {
        if (!contender.jobs.includes(job)) continue
        const figures = await measure(contender, job, state, stateFile, options)
        for (const [figure, value] of Object.entries(figures)) add(samples, contender.id, figure, value)
      }
    }
    onProgress?.(`${peers} peers, round ${round + 1} of ${rounds}`)
  }
  return new Map([...samples].map(([id, figures]) => [id, mediansOf(figures)]))
}

async function prepare(contender: Contender, state: NetmapState, stateFile: string, directory: string): Promise<void> {
  if (!contender.jobs.some(job => job !== 'store')) return
  const target = readDirectory(directory, contender, state)
  fs.mkdirSync(target, { mode: 0o700 })
  await start(['store', contender.id, target, stateFile, '', 'once'])
}

async function measure(
  contender: Contender,
  job: JobName,
  state: NetmapState,
  stateFile: string,
  { directory, verify }: HarnessOptions,
): Promise<Record<string, number>> {
  const peerId = state.Peers[Math.floor(state.Peers.length * 0.7)]!.StableID
  if (job !== 'store') {
    const target = readDirectory(directory, contender, state)
    return await start([job, contender.id, target, stateFile, peerId, verify ? 'verify' : ''])
  }
  const target = fs.mkdtempSync(join(directory, 'store-'))
  try {
    return await start(['store', contender.id, target, stateFile])
  } finally {
    fs.rmSync(target, { recursive: true })
  }
}

function readDirectory(directory: string, contender: Contender, state: NetmapState): string {
  return join(directory, `${contender.id}-${state.Peers.length}`)
}

async function start(parameters: readonly string[]): Promise<Record<string, number>> {
  const { stdout } = await run(process.execPath, ['--expose-gc', child, ...parameters])
  return JSON.parse(stdout) as Record<string, number>
}

function add(samples: Map<string, Map<string, number[]>>, id: string, figure: string, value: number): void {
  const figures = samples.get(id) ?? new Map<string, number[]>()
  samples.set(id, figures)
  const values = figures.get(figure) ?? []
  figures.set(figure, values)
  values.push(value)
}

function mediansOf(figures: ReadonlyMap<string, readonly number[]>): Record<string, number> {
  return Object.fromEntries([...figures].map(([figure, values]) => [figure, median(values)]))
}
