import { Command, CommanderError, Option } from 'commander'
import { isCacheError } from '../errors.ts'
import type { CliAction, CliCommand, CliResult } from './cli-command.ts'
import { cliCommands } from './cli-commands.ts'
import { BrokenPipe, type CliIo } from './cli-io.ts'
import { cliVersion } from './cli-version.ts'
import { type ExitName, exitCodes } from './exit-codes.ts'
import { exitOf } from './exit-of.ts'
import { type Paint, paintFor } from './paint.ts'
import { ProgressBar } from './progress-bar.ts'
import { safeJson, safeText } from './safe-text.ts'

/** Runs the command line `argv` (without the program) and resolves to its exit code. Never rejects. */
export async function run(argv: readonly string[], io: CliIo): Promise<number> {
  const isJson = argv.includes('--json')
  try {
    return await parse(argv, io, isJson)
  } catch (error) {
    return await tellFailure(error, io, isJson).catch(() => exitCodes[exitOf(error)].code)
  }
}

async function parse(argv: readonly string[], io: CliIo, isJson: boolean): Promise<number> {
  const printed = { out: '', err: '' }
  let code: number = exitCodes.ok.code
  const program = makeProgram(async (command, args, options) => {
    code = await execute(command, args, options, io)
  })
  configure(program, io, printed)
  try {
    await program.parseAsync(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // Help that was asked for is no mistake.
    code = error.exitCode === 0 ? exitCodes.ok.code : exitCodes.usage.code
    if (isJson && code !== 0) {
      // Where no command was named commander has help to show, and no words.
      const isHelp = error.code === 'commander.help'
      const message = isHelp ? 'A command is missing, see --help' : error.message.replace(/^error: /, '')
      printed.err = failureJson('usage', message)
    }
  }
  if (printed.err !== '') await io.stderr.write(printed.err)
  if (printed.out !== '') await io.stdout.write(printed.out)
  return code
}

type Options = Readonly<Record<string, string | boolean | undefined>>
type Execute = (command: CliCommand, args: readonly (string | undefined)[], options: Options) => Promise<void>

/** The commands as commander knows them; `execute` is called for the one that was asked for. */
export function makeProgram(execute: Execute): Command {
  const program = new Command('coldsnap')
    .description('Looks into, checks, repairs, copies and compares what coldsnap keeps')
    .helpCommand('help [command]', 'display help for a command')
    .showSuggestionAfterError()
    .showHelpAfterError('See coldsnap --help')
    // What stands before the command is for all of them; behind it a name may be spelled like one of these.
    .enablePositionalOptions()
    .option('--json', 'print JSON')
    .option('-V, --version', 'print the version')
    .on('option:version', () => {
      program.configureOutput().writeOut?.(`${cliVersion()}\n`)
      throw new CommanderError(0, 'coldsnap.version', 'version')
    })
  const folders = new Map<string, Command>()
  for (const command of cliCommands) {
    const [first, second] = command.name.split(' ')
    let parent = program
    if (second !== undefined) {
      parent = folders.get(first!) ?? program.command(first!).description(`${first} commands`).helpCommand(false)
      folders.set(first!, parent)
    }
    const sub = parent
      .command(second ?? first!)
      .description(command.summary)
      .option('--json', 'print JSON')
      .showHelpAfterError(`See coldsnap ${command.name} --help`)
    for (const argument of command.args) sub.argument(argument)
    for (const { flags, description, choices } of command.options) {
      const option = new Option(flags, description)
      sub.addOption(choices === undefined ? option : option.choices(choices))
    }
    sub.action(async () => await execute(command, sub.processedArgs as (string | undefined)[], sub.optsWithGlobals()))
  }
  return program
}

function configure(command: Command, io: CliIo, printed: { out: string; err: string }): void {
  const { stdout, stderr } = io
  command.exitOverride().configureOutput({
    writeOut: text => {
      printed.out += text
    },
    writeErr: text => {
      printed.err += text
    },
    getOutHelpWidth: () => stdout.columns,
    getErrHelpWidth: () => stderr.columns,
    getOutHasColors: () => false,
    getErrHasColors: () => false,
    outputError: (text, write) => write(`coldsnap: ${text.replace(/^error: /, '')}`),
  })
  for (const sub of command.commands) configure(sub, io, printed)
}

async function execute(
  command: CliCommand,
  values: readonly (string | undefined)[],
  options: Options,
  io: CliIo,
): Promise<number> {
  const args = Object.fromEntries(command.args.map((name, i) => [name.slice(1, -1), values[i]]))
  const action = await command.load()
  const progress = new ProgressBar(io)
  let result: CliResult<unknown>
  try {
    result = await action.run({ io, progress, args, options })
  } finally {
    await progress.clear()
  }
  const { report, exit = 'ok' } = result
  if (report !== undefined) await print(action, report, options['json'] === true, io, paintFor(io))
  return exitCodes[exit].code
}

async function print(action: CliAction, report: unknown, isJson: boolean, io: CliIo, paint: Paint): Promise<void> {
  if (isJson) return await io.stdout.write(`${safeJson(JSON.stringify(report, null, 2))}\n`)
  let text = ''
  for (const line of action.show(report, paint)) {
    text += `${line}\n`
    if (text.length < 65_536) continue
    await io.stdout.write(text)
    text = ''
  }
  if (text !== '') await io.stdout.write(text)
}

async function tellFailure(error: unknown, io: CliIo, isJson: boolean): Promise<number> {
  const exit = exitOf(error)
  const exitCode = exitCodes[exit].code
  if (error instanceof BrokenPipe) return exitCode
  const message = error instanceof Error ? error.message : String(error)
  const code = isCacheError(error) ? error.code : undefined
  if (isJson) await io.stderr.write(failureJson(exit, message, code))
  else await io.stderr.write(`coldsnap: ${safeText(message)}${code === undefined ? '' : ` (${code})`}\n`)
  if ((io.env['COLDSNAP_DEBUG'] ?? '') !== '') await io.stderr.write(`${stackOf(error)}\n`)
  return exitCode
}

function failureJson(exit: ExitName, message: string, code?: string): string {
  return `${safeJson(JSON.stringify({ error: { exit, exitCode: exitCodes[exit].code, code, message } }))}\n`
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const lines = (error.stack ?? '').split('\n').map(safeText).join('\n')
  return error.cause === undefined ? lines : `${lines}\ncause: ${stackOf(error.cause)}`
}
