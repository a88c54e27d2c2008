/** The shells that a script can be made for. */
export const shells = ['bash', 'zsh', 'fish'] as const

/** What is completed of one command. */
export interface CompletionWords {
  /** One word, or two. */
  readonly name: string
  readonly summary: string
  readonly flags: readonly string[]
}

/** A script that makes `shell` complete the names of commands, then their options and names of files. */
export function completionScript(shell: (typeof shells)[number], commands: readonly CompletionWords[]): string {
  if (shell === 'fish') return fishScript(commands)
  const bash = bashScript(commands)
  // zsh runs completions of bash.
  return shell === 'bash' ? bash : `autoload -Uz compinit bashcompinit && compinit && bashcompinit\n${bash}`
}

function bashScript(commands: readonly CompletionWords[]): string {
  const cases = commands.map(({ name, flags }) => `    "${name}") words="${flags.join(' ')}" ;;`)
  const folders = folderNames(commands).map(folder => {
    return `    ${folder}) COMPREPLY=($(compgen -W "${insideOf(commands, folder)}" -- "$cur")); [ "$COMP_CWORD" -eq 2 ] && return; command="$command \${COMP_WORDS[2]}" ;;`
  })
  return `_coldsnap() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" command="\${COMP_WORDS[1]}" words=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${firstWords(commands).join(' ')}" -- "$cur"))
    return
  fi
  case "$command" in
${folders.join('\n')}
    *) ;;
  esac
  case "$command" in
${cases.join('\n')}
  esac
  case "$cur" in
    -*) COMPREPLY=($(compgen -W "$words" -- "$cur")) ;;
    *) COMPREPLY=($(compgen -f -- "$cur")) ;;
  esac
}
complete -o filenames -F _coldsnap coldsnap
`
}

function fishScript(commands: readonly CompletionWords[]): string {
  const lines = firstWords(commands).map(word => `complete -c coldsnap -n __fish_use_subcommand -f -a ${word}`)
  for (const folder of folderNames(commands)) {
    const inside = insideOf(commands, folder)
    const isOpen = `__fish_seen_subcommand_from ${folder}; and not __fish_seen_subcommand_from ${inside}`
    lines.push(`complete -c coldsnap -n '${isOpen}' -f -a '${inside}'`)
  }
  for (const { name, flags } of commands) {
    const seen = name.split(' ').map(word => `__fish_seen_subcommand_from ${word}`)
    for (const flag of flags) lines.push(`complete -c coldsnap -n '${seen.join('; and ')}' -l ${flag.slice(2)}`)
  }
  return `${lines.join('\n')}\n`
}

function firstWords(commands: readonly CompletionWords[]): string[] {
  return [...new Set(commands.map(({ name }) => name.split(' ')[0]!))]
}

function folderNames(commands: readonly CompletionWords[]): string[] {
  return [...new Set(commands.flatMap(({ name }) => (name.includes(' ') ? [name.split(' ')[0]!] : [])))]
}

function insideOf(commands: readonly CompletionWords[], folder: string): string {
  return commands.flatMap(({ name }) => (name.startsWith(`${folder} `) ? [name.split(' ')[1]!] : [])).join(' ')
}
