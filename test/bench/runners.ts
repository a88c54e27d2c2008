import { execFile } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Contender, Figures, How, JobName, ModuleContender } from './contender.ts'
import { baseIds } from './contenders.ts'

const run = promisify(execFile)
const child = fileURLToPath(new URL('child.js', import.meta.url))

/** One job in a process of its own, and on what. */
export interface JobRun {
  readonly job: JobName
  readonly directory: string
  readonly stateFile: string
  readonly peerId: string
  readonly how: How
}

/** A contender that can be measured here. */
export interface Runner {
  readonly contender: Contender
  run(job: JobRun): Promise<Figures>
}

/** A contender that cannot be measured here, and why. */
export interface LeftOut {
  readonly contender: Contender
  readonly reason: string
}

/** Makes ready what the contenders need: programs are built, native add-ons tried. */
export async function openRunners(
  contenders: readonly Contender[],
  where: { readonly root: string; readonly directory: string },
): Promise<{ runners: Runner[]; leftOut: LeftOut[] }> {
  const runners: Runner[] = []
  const leftOut: LeftOut[] = []
  for (const contender of contenders) {
    try {
      runners.push(await openRunner(contender, where))
    } catch (error) {
      leftOut.push({ contender, reason: reasonOf(error) })
    }
  }
  return { runners, leftOut }
}

/** The bytes of heap that the state takes as such. */
export async function weighState(stateFile: string): Promise<number> {
  return (await start('weigh', baseIds.process, '', stateFile))['state']!
}

async function openRunner(
  contender: Contender,
  { root, directory }: { readonly root: string; readonly directory: string },
): Promise<Runner> {
  if ('build' in contender) {
    const runJob = await contender.build(root, directory)
    return {
      contender,
      run: ({ job, directory: target, stateFile, how }) => runJob(job, target, stateFile, how),
    }
  }
  if (contender.isNative) await probe(contender, directory)
  return {
    contender,
    run: ({ job, directory: target, stateFile, peerId, how }) =>
      start(job, contender.id, target, stateFile, peerId, how),
  }
}

async function probe(contender: ModuleContender, directory: string): Promise<void> {
  const target = fs.mkdtempSync(join(directory, 'probe-'))
  try {
    await start('probe', contender.id, target)
  } finally {
    fs.rmSync(target, { recursive: true })
  }
}

async function start(...parameters: readonly string[]): Promise<Figures> {
  const { stdout } = await run(process.execPath, ['--expose-gc', child, ...parameters])
  return JSON.parse(stdout) as Figures
}

// Of a child that failed, the line of its output that names the error.
function reasonOf(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string }
  return /^\w*Error.*$/m.exec(stderr ?? '')?.[0] ?? message
}
