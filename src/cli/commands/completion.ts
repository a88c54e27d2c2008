import { type CliAction, type CliCommand, cliAction } from '../cli-command.ts'
import { wrongUsage } from '../cli-failure.ts'
import { type CompletionWords, completionScript, shells } from '../completion-script.ts'

/** `completion`: needs the commands, of which it is one. */
export function completionAction(commands: readonly CliCommand[]): CliAction {
  return cliAction<{ readonly shell: string; readonly script: string }>({
    run: async ({ args }) => {
      const shell = shells.find(each => each === args['shell'])
      if (shell === undefined) return wrongUsage(`Unknown shell ${args['shell']}: known are ${shells.join(', ')}`)
      return { report: { shell, script: completionScript(shell, commands.map(wordsOf)) } }
    },
    *show({ script }) {
      yield* script.trimEnd().split('\n')
    },
  })
}

function wordsOf({ name, summary, options }: CliCommand): CompletionWords {
  const flags = options.flatMap(option => option.flags.match(/--[\w-]+/g) ?? [])
  return { name, summary, flags: [...flags, '--json', '--help'] }
}
