import { type CompletedCommand, type CompletedOption, firstWords, secondWord } from './completed-command.ts'

/** A script for fish. Names of files are completed wherever nothing says that there are none. */
export function fishCompletion(commands: readonly CompletedCommand[]): string {
  const lines = firstWords(commands).flatMap(({ name, summary, inside }) => [
    word('__coldsnap_after', name, summary),
    ...inside.map(command => word(`__coldsnap_after ${name}`, secondWord(command), command.summary)),
  ])
  for (const { name, options, words = [] } of commands) {
    const within = `complete -c coldsnap -n '__coldsnap_within ${name}'`
    for (const option of options) lines.push(`${within} ${optionArguments(option)}`)
    for (const each of words) lines.push(`${within} -f -a ${each}`)
  }
  return `# Whether the words before this one are these and no more.
function __coldsnap_after
    set -l words (commandline -opc)
    test "$words[2..-1]" = "$argv"
end
# Whether they begin with these.
function __coldsnap_within
    set -l words (commandline -opc)
    string match -q -- "$argv *" "$words[2..-1] "
end
complete -c coldsnap -e
${lines.join('\n')}
`
}

function word(condition: string, name: string, summary: string): string {
  return `complete -c coldsnap -n '${condition}' -f -a ${name} -d ${quoted(summary)}`
}

function optionArguments({ long, short, description, value }: CompletedOption): string {
  const names = `${short === undefined ? '' : `-s ${short.slice(1)} `}-l ${long.slice(2)}`
  return `${names}${valueArguments(value)} -d ${quoted(description)}`
}

function valueArguments(value: CompletedOption['value']): string {
  if (value === undefined) return ''
  if (value === 'any') return ' -x'
  if (value === 'file') return ' -r -F'
  return value === 'directory' ? " -x -a '(__fish_complete_directories)'" : ` -x -a '${value.join(' ')}'`
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`
}
