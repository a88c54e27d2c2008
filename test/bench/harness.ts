import fs from 'node:fs'
import { join } from 'node:path'
import { netmapState } from '../helpers/netmap-state.ts'
import type { Contender, Figures, JobName } from './contender.ts'
import { type JobRun, type Runner, weighState } from './runners.ts'
import { median } from './statistics.ts'

export interface HarnessOptions {
  /** Number of peers of the state. */
  readonly peers: number
  readonly rounds: number
  readonly jobs: readonly JobName[]
  readonly runners: readonly Runner[]
  /** Everything is written below it, on the disk that is to be measured. */
  readonly directory: string
  /** It is only to be seen that all works: reads are compared with the state, and few calls stand for the steady state. */
  readonly check: boolean
  readonly onProgress?: (line: string) => void
}

/** Medians by contender and figure: milliseconds, or bytes. */
export type Medians = ReadonlyMap<string, Figures>

/**
 * Runs every job of every contender once per round, each in a fresh process. The contenders take turns within a round,
 * and each round begins with another, so that a noisy minute hits all of them.
 */
export async function runHarness(options: HarnessOptions): Promise<Medians> {
  const { peers, rounds, jobs, directory, onProgress } = options
  const runners = options.runners.filter(({ contender: { mostPeers = peers, title } }) => {
    if (mostPeers < peers) onProgress?.(`${peers} peers, left out: ${title}: at most ${mostPeers} peers`)
    return mostPeers >= peers
  })
  const state = netmapState(peers)
  const stateFile = join(directory, `state-${peers}.json`)
  fs.writeFileSync(stateFile, JSON.stringify(state))
  const peerId = state.Peers[Math.floor(peers * 0.7)]!.StableID
  const stateBytes = jobs.includes('load') ? await weighState(stateFile) : 0
  const samples = new Map<string, Map<string, number[]>>()
  const reads = jobs.filter(job => job !== 'store')
  for (const runner of runners) await prepare(runner, reads, stateFile, readDirectory(directory, runner, peers))
  for (let round = 0; round < rounds; round++) {
    for (const job of jobs) {
      const shift = round % runners.length
      for (const runner of [...runners.slice(shift), ...runners.slice(0, shift)]) {
        if (!runner.contender.jobs.includes(job)) continue
        const target =
          job === 'store' ? fs.mkdtempSync(join(directory, 'store-')) : readDirectory(directory, runner, peers)
        const how = options.check ? 'check' : ''
        const figures = await runner.run({ job, directory: target, stateFile, peerId, how } satisfies JobRun)
        if (job === 'store') fs.rmSync(target, { recursive: true })
        for (const [figure, value] of Object.entries(aboveState(figures, stateBytes)))
          add(samples, runner.contender.id, figure, value)
      }
    }
    onProgress?.(`${peers} peers, round ${round + 1} of ${rounds}`)
  }
  return new Map([...samples].map(([id, figures]) => [id, mediansOf(figures)]))
}

// The reads are of a directory that was stored into once.
async function prepare(runner: Runner, reads: readonly JobName[], stateFile: string, target: string): Promise<void> {
  if (!reads.some(job => runner.contender.jobs.includes(job)) || fs.existsSync(target)) return
  fs.mkdirSync(target, { mode: 0o700 })
  await runner.run({ job: 'store', directory: target, stateFile, peerId: '', how: 'once' })
}

function readDirectory(directory: string, { contender }: { contender: Contender }, peers: number): string {
  return join(directory, `${contender.layout ?? contender.id}-${peers}`)
}

function aboveState({ loadResident, ...figures }: Figures, stateBytes: number): Figures {
  return loadResident === undefined ? figures : { ...figures, loadAbove: loadResident - stateBytes }
}

function add(samples: Map<string, Map<string, number[]>>, id: string, figure: string, value: number): void {
  const figures = samples.get(id) ?? new Map<string, number[]>()
  samples.set(id, figures)
  const values = figures.get(figure) ?? []
  figures.set(figure, values)
  values.push(value)
}

function mediansOf(figures: ReadonlyMap<string, readonly number[]>): Figures {
  return Object.fromEntries([...figures].map(([figure, values]) => [figure, median(values)]))
}
