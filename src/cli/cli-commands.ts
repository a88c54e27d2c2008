import type { CliCommand } from './cli-command.ts'
import { blobCommands } from './commands/blob.ts'
import { completionCommand } from './commands/completion.ts'
import { copyCommand } from './commands/copy.ts'
import { diffCommand } from './commands/diff.ts'
import { exportCommand } from './commands/export.ts'
import { groupCommand } from './commands/group.ts'
import { importCommand } from './commands/import.ts'
import { inspectCommand } from './commands/inspect.ts'
import { lsCommand } from './commands/ls.ts'
import { repairCommand } from './commands/repair.ts'
import { showCommand } from './commands/show.ts'
import { verifyCommand } from './commands/verify.ts'

/** All commands, in the order of the help. */
export const cliCommands: readonly CliCommand[] = [
  lsCommand,
  showCommand,
  verifyCommand,
  repairCommand,
  diffCommand,
  exportCommand,
  importCommand,
  copyCommand,
  ...blobCommands,
  inspectCommand,
  groupCommand,
  completionCommand(() => cliCommands),
]
