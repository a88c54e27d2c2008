import { type CompletedCommand, firstWords, secondWord } from './completed-command.ts'

/** A script for bash. Names of files are left to readline, which knows how to quote them. */
export function bashCompletion(commands: readonly CompletedCommand[]): string {
  const words = firstWords(commands)
  const folders = words.flatMap(({ name, inside }) =>
    inside.length === 0
      ? []
      : [
          `    ${name})`,
          `      if [ "$COMP_CWORD" -eq 2 ]; then ${reply(inside.map(secondWord))}; return; fi`,
          `      command="$command \${COMP_WORDS[2]}" ;;`,
        ],
  )
  const values = commands.flatMap(({ name, options }) =>
    options.flatMap(({ long, short, value }) => {
      if (!isList(value)) return []
      const spellings = [long, ...(short === undefined ? [] : [short])].map(flag => `"${name} ${flag}"`)
      return [`    ${spellings.join('|')}) ${reply(value)}; return ;;`]
    }),
  )
  const flags = commands.map(({ name, options, words: args = [] }) => {
    const known = `    "${name}") flags="${options.map(({ long }) => long).join(' ')}"`
    return args.length === 0 ? `${known} ;;` : `${known}; ${reply(args)} ;;`
  })
  return `_coldsnap() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}" flags=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then ${reply(words.map(({ name }) => name))}; return; fi
  case "$command" in
${folders.join('\n')}
  esac
  case "$command $prev" in
${values.join('\n')}
  esac
  case "$command" in
${flags.join('\n')}
  esac
  case "$cur" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$cur")) ;;
  esac
}
complete -o default -F _coldsnap coldsnap
`
}

function reply(words: readonly string[]): string {
  return `COMPREPLY=($(compgen -W "${words.join(' ')}" -- "$cur"))`
}

function isList(value: CompletedCommand['options'][number]['value']): value is readonly string[] {
  return Array.isArray(value)
}
