/** What is completed of one command. */
export interface CompletedCommand {
  /** One word, or two. */
  readonly name: string
  readonly summary: string
  readonly options: readonly CompletedOption[]
  /** What its arguments can be, if they are no names of files. */
  readonly words?: readonly string[]
}

/** What is completed of an option. */
export interface CompletedOption {
  /** With two dashes. */
  readonly long: string
  /** With one dash. */
  readonly short?: string
  readonly description: string
  /** What comes behind it: one of some words, the name of a file or directory, or what nobody can guess. Absent: nothing. */
  readonly value?: readonly string[] | 'file' | 'directory' | 'any'
}

/** A first word, and the words that can follow it if it is no command by itself. */
export interface CompletedWord {
  readonly name: string
  readonly summary: string
  readonly inside: readonly CompletedCommand[]
}

/** What the first word can be. */
export function firstWords(commands: readonly CompletedCommand[]): CompletedWord[] {
  const names = new Set(commands.map(({ name }) => name.split(' ')[0]!))
  return [...names].map(name => {
    const inside = commands.filter(command => command.name.startsWith(`${name} `))
    const summary = commands.find(command => command.name === name)?.summary ?? `${name} commands`
    return { name, summary, inside }
  })
}

/** The second word of a command that has two. */
export function secondWord({ name }: CompletedCommand): string {
  return name.split(' ')[1] ?? ''
}
