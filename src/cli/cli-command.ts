import type { CliIo } from './cli-io.ts'
import type { ExitName } from './exit-codes.ts'
import type { Paint } from './paint.ts'
import type { ProgressBar } from './progress-bar.ts'

/** What a command was called with. */
export interface CliCall {
  readonly io: CliIo
  readonly progress: ProgressBar
  /** By the names in {@link CliCommand.args}. */
  readonly args: Readonly<Record<string, string | undefined>>
  /** By their long flags without dashes, `--key-file` as `keyFile`. */
  readonly options: Readonly<Record<string, string | boolean | undefined>>
}

/** An argument: `<name>`, or `[name]` if it may be left out. */
export type CliArgument = `<${string}>` | `[${string}]`

export interface CliOption {
  /** As commander takes them: `-o, --output <file>`. */
  readonly flags: string
  readonly description: string
  /** The values it takes, if they are a few. */
  readonly choices?: readonly string[]
}

/** What a command did or found. */
export interface CliResult<Report> {
  /** Plain data: `--json` prints it. `undefined`: the command has printed what there is to print. */
  readonly report: Report | undefined
  /** @default 'ok' */
  readonly exit?: ExitName
}

/** One command: what it is called with, what it does, and how what it found is shown. */
export interface CliCommand<Report = unknown> {
  /** One word, or two: `blob ls`. */
  readonly name: string
  readonly summary: string
  readonly args: readonly CliArgument[]
  readonly options: readonly CliOption[]
  run(call: CliCall): Promise<CliResult<Report>>
  /** Lines for people. What is stored must be made safe. */
  show(report: Report, paint: Paint): Iterable<string>
}

/** Makes a command out of its parts; the type of its report is nobody else's matter. */
export function cliCommand<Report>(command: CliCommand<Report>): CliCommand {
  const { run, show, ...rest } = command
  return { ...rest, run, show: (report, paint) => show(report as Report, paint) }
}

/** The option of every command that reads what may be sealed. */
export const keyFileOption: CliOption = {
  flags: '--key-file <file>',
  description: 'keys of sealed caches: JSON, [{ "id": "...", "key": "<base64>" }], the first one seals',
}

/** A text option that was given, or `undefined`. */
export function textOption({ options }: CliCall, name: string): string | undefined {
  const value = options[name]
  return typeof value === 'string' ? value : undefined
}
