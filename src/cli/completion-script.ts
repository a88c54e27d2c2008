import { bashCompletion } from './bash-completion.ts'
import type { CompletedCommand } from './completed-command.ts'
import { fishCompletion } from './fish-completion.ts'
import { zshCompletion } from './zsh-completion.ts'

/** The shells that a script can be made for. */
export const shells = ['bash', 'zsh', 'fish'] as const

/** A script that makes `shell` complete the names of commands, then their options and what those take, and names of files. */
export function completionScript(shell: (typeof shells)[number], commands: readonly CompletedCommand[]): string {
  return { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion }[shell](commands)
}
