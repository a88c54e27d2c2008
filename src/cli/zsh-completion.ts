import { type CompletedCommand, type CompletedOption, firstWords, secondWord } from './completed-command.ts'

/** A script for zsh: to be evaluated, or a file `_coldsnap` in a folder of `fpath`. */
export function zshCompletion(commands: readonly CompletedCommand[]): string {
  const words = firstWords(commands)
  const folders = words.flatMap(({ name, inside }) =>
    inside.length === 0
      ? []
      : [
          `    (${name})`,
          '      if (( CURRENT == 3 )); then',
          `        names=(${inside.map(each => described(secondWord(each), each.summary)).join(' ')})`,
          '        _describe command names; return',
          '      fi',
          '      command="$command $words[3]" ;;',
        ],
  )
  const cases = commands.map(({ name, options, words: args }) => {
    const rest = args === undefined ? '*:file:_files' : `*:word:(${args.join(' ')})`
    return `    ('${name}') _arguments ${[...options.flatMap(specs), quoted(rest)].join(' ')} ;;`
  })
  return `#compdef coldsnap
_coldsnap() {
  local -a names
  local command=$words[2]
  if (( CURRENT == 2 )); then
    names=(${words.map(({ name, summary }) => described(name, summary)).join(' ')})
    _describe command names; return
  fi
  case $command in
${folders.join('\n')}
  esac
  case $command in
${cases.join('\n')}
  esac
}
if [[ $funcstack[1] == _coldsnap ]]; then
  _coldsnap "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i }
  compdef _coldsnap coldsnap
fi
`
}

function described(word: string, summary: string): string {
  return quoted(`${word}:${summary.replaceAll(/[\\:]/g, '\\$&')}`)
}

function specs({ long, short, description, value }: CompletedOption): string[] {
  const both = short === undefined ? '' : `(${short} ${long})`
  const about = `[${description.replaceAll(/[\\:[\]]/g, '\\$&')}]${valueSpec(value)}`
  return [...(short === undefined ? [] : [short]), long].map(flag => quoted(both + flag + about))
}

function valueSpec(value: CompletedOption['value']): string {
  if (value === undefined) return ''
  if (value === 'any') return ':value: '
  if (value === 'file') return ':file:_files'
  return value === 'directory' ? ':directory:_files -/' : `:value:(${value.join(' ')})`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
