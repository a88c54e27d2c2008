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

/** What the help and the completion need to know of a command, and the way to the rest. */
export interface CliCommand {
  /** One word, or two: `blob ls`. */
  readonly name: string
  readonly summary: string
  readonly args: readonly CliArgument[]
  readonly options: readonly CliOption[]
  /** Imports what the command does; nobody waits for the code of another one. */
  readonly load: () => Promise<CliAction>
}

/** What one command does, and how what it found is shown. */
export interface CliAction<Report = unknown> {
  run(call: CliCall): Promise<CliResult<Report>>
  /** Lines for people. What is stored must be made safe. */
  show(report: Report, paint: Paint): Iterable<string>
}

/** Makes an action out of its parts; the type of its report is nobody else's matter. */
export function cliAction<Report>({ run, show }: CliAction<Report>): CliAction {
  return { run, show: (report, paint) => show(report as Report, paint) }
}

/** A text option that was given, or `undefined`. */
export function textOption({ options }: CliCall, name: string): string | undefined {
  const value = options[name]
  return typeof value === 'string' ? value : undefined
}
