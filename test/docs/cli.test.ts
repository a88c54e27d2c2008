import { it } from 'vitest'
import { cliCommands } from '../../src/cli/cli-commands.ts'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { mayWrite } from '../format/fixture-store.ts'
import { comparePart, table } from './page-part.ts'

it('docs/cli.md has every command, with the words of its help', async () => {
  const rows = cliCommands.map(({ name, args, options, summary }) => [
    `\`${[name, ...args].join(' ')}\``,
    summary.replaceAll('|', '\\|'),
    options.map(({ flags }) => `\`${flags}\``).join(', '),
  ])
  await comparePart('cli.md', 'commands', table(['Command', 'Does', 'Options'], rows), mayWrite)
})

it('docs/cli.md has every exit code', async () => {
  const rows = Object.entries(exitCodes).map(([name, { code, when }]) => [String(code), `\`${name}\``, when])
  await comparePart('cli.md', 'exits', table(['Code', 'Name', 'When'], rows), mayWrite)
})
