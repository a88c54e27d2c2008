import { type CliAction, type CliCommand, type CliOption, cliAction } from '../cli-command.ts'
import { wrongUsage } from '../cli-failure.ts'
import type { CompletedCommand, CompletedOption } from '../completed-command.ts'
import { completionScript, shells } from '../completion-script.ts'

// What an option takes, by what the help calls it.
const kinds: Readonly<Record<string, 'file' | 'directory'>> = { file: 'file', dir: 'directory' }

/** `completion`: needs the commands, of which it is one. */
export function completionAction(commands: readonly CliCommand[]): CliAction {
  return cliAction<{ readonly shell: string; readonly script: string }>({
    run: async ({ args }) => {
      const shell = shells.find(each => each === args['shell'])
      if (shell === undefined) return wrongUsage(`Unknown shell ${args['shell']}: known are ${shells.join(', ')}`)
      return { report: { shell, script: completionScript(shell, commands.map(completed)) } }
    },
    *show({ script }) {
      yield* script.trimEnd().split('\n')
    },
  })
}

function completed({ name, summary, args, options }: CliCommand): CompletedCommand {
  const common = [
    { long: '--json', description: 'print JSON' },
    { long: '--help', short: '-h', description: 'display help for command' },
  ]
  const known = { name, summary, options: [...options.map(completedOption), ...common] }
  return args.includes('<shell>') ? { ...known, words: shells } : known
}

function completedOption({ flags, description, choices }: CliOption): CompletedOption {
  const [, short, long = '', value] = /^(?:(-\w), )?(--[\w-]+)(?: <(\w+)>)?$/.exec(flags) ?? []
  return {
    long,
    description,
    ...(short === undefined ? {} : { short }),
    ...(value === undefined ? {} : { value: choices ?? kinds[value] ?? 'any' }),
  }
}
