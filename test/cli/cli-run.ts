import { BrokenPipe, type CliIo } from '../../src/cli/cli-io.ts'
import { run } from '../../src/cli/run.ts'

/** How a command ended, and what it said. */
export interface CliRun {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface CliRunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: Uint8Array
  readonly signal?: AbortSignal
  readonly now?: () => number
  readonly isTTY?: boolean
  /** Hears what is written to the standard error. */
  readonly onError?: (text: string) => void
  /** The reader of the output goes away after so many bytes. */
  readonly pipeBytes?: number
}

/** Runs a command in this process. */
export async function runCli(argv: readonly string[], options: CliRunOptions = {}): Promise<CliRun> {
  const { cwd = '/', env = {}, isTTY = false, pipeBytes = Number.POSITIVE_INFINITY } = options
  const out: Uint8Array[] = []
  const err: Uint8Array[] = []
  let written = 0
  const output = (chunks: Uint8Array[]): CliIo['stdout'] => ({
    isTTY,
    columns: 100,
    write: async chunk => {
      const bytes = Buffer.from(chunk as string)
      if (chunks === out) written += bytes.byteLength
      if (written > pipeBytes) throw new BrokenPipe()
      chunks.push(bytes)
      if (chunks === err) options.onError?.(bytes.toString())
    },
  })
  const code = await run(argv, {
    stdout: output(out),
    stderr: output(err),
    stdin: (async function* () {
      if (options.stdin !== undefined) yield options.stdin
    })(),
    cwd,
    env,
    signal: options.signal ?? new AbortController().signal,
    now: options.now ?? Date.now,
  })
  return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }
}

/** The report of a command that must have ended with `code`. */
export async function reportOf<Report>(
  argv: readonly string[],
  code = 0,
  options: CliRunOptions = {},
): Promise<Report> {
  const result = await runCli([...argv, '--json'], options)
  if (result.code !== code)
    throw new Error(`Ended with ${result.code}, wanted ${code}: ${result.stderr}${result.stdout}`)
  return JSON.parse(result.stdout) as Report
}

/** What a part of the command is given that says nothing. */
export const silentIo: CliIo = {
  stdout: { isTTY: false, columns: 80, write: async () => undefined },
  stderr: { isTTY: false, columns: 80, write: async () => undefined },
  stdin: (async function* () {})(),
  cwd: '/',
  env: {},
  signal: new AbortController().signal,
  now: Date.now,
}
