import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { describeUnless } from '../helpers/describe-unless.ts'
import { scratch } from '../store/scratch.ts'
import { runCli } from './cli-run.ts'

const execute = promisify(execFile)

/** Runs tests in a real shell, with the script in a file, in a directory that has the folder `two words`. */
function inShell(shell: string, body: (run: (code: string, ...args: string[]) => Promise<string>) => void): void {
  const flags = shell === 'bash' ? ['--norc', '--noprofile'] : [shell === 'zsh' ? '-f' : '--no-config']
  const missing = spawnSync(shell, ['--version']).status === 0 ? undefined : `${shell} is not on the PATH`
  describeUnless(missing, `completion in a real ${shell}`, () => {
    body(async (code, ...args) => {
      const cwd = scratch()
      const script = join(cwd, 'completion.txt')
      mkdirSync(join(cwd, 'two words'))
      writeFileSync(script, (await runCli(['completion', shell])).stdout)
      const env = { PATH: process.env['PATH'], HOME: cwd, ZDOTDIR: cwd, TERM: 'xterm', LC_ALL: 'C.UTF-8' }
      return (await execute(shell, [...flags, '-c', code, script, ...args], { cwd, env, timeout: 60_000 })).stdout
    })
  })
}

inShell('bash', run => {
  // What readline does when Tab is pressed, but for the names of files.
  const complete = async (...words: string[]): Promise<string[]> => {
    const code = `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); _coldsnap; printf '%s\\n' "\${COMPREPLY[@]}"`
    return (await run(code, 'coldsnap', ...words)).trim().split('\n')
  }

  it('completes commands, options and their values', async () => {
    expect(await complete('ver')).toEqual(['verify'])
    expect(await complete('b')).toEqual(['blob', 'bench'])
    expect(await complete('blob', 'g')).toEqual(['get'])
    expect(await complete('copy', '--r')).toEqual(['--replace'])
    expect(await complete('blob', 'put', '--if')).toEqual(['--if-absent'])
    expect(await complete('export', '--format', '')).toEqual(['json', 'ndjson'])
    expect(await complete('export', '-f', 'n')).toEqual(['ndjson'])
    expect(await complete('completion', '')).toEqual(['bash', 'zsh', 'fish'])
  })

  it('leaves names of files to readline, which quotes them', async () => {
    expect(await complete('ls', 'two')).toEqual([''])
    expect(await run('source "$0"; complete -p coldsnap')).toContain('-o default')
  })
})

inShell('fish', run => {
  const complete = async (line: string): Promise<string[]> => {
    const told = await run('source completion.txt; complete -C "$argv[-1]"', line)
    return told.split('\n').filter(Boolean)
  }
  const words = async (line: string): Promise<string[]> => (await complete(line)).map(each => each.split('\t')[0]!)

  it('completes commands, options and their values, and says what they are', async () => {
    expect(await complete('coldsnap ver')).toEqual([expect.stringMatching(/^verify\tread and check every byte/)])
    expect(await words('coldsnap b')).toEqual(expect.arrayContaining(['bench', 'blob']))
    expect(await words('coldsnap blob ')).toEqual(expect.arrayContaining(['clean', 'get', 'ls', 'put']))
    expect(await complete('coldsnap copy ls --rep')).toEqual([expect.stringMatching(/^--replace\treplace caches/)])
    expect(await words('coldsnap export --format ')).toEqual(['json', 'ndjson'])
    expect(await words('coldsnap completion ')).toEqual(expect.arrayContaining(['bash', 'fish', 'zsh']))
    // A directory that is called as a command is.
    expect(await words('coldsnap verify blob --')).not.toContain('--if-absent')
  })

  it('completes names of files', async () => {
    expect(await words('coldsnap ls two')).toEqual(['two words/'])
    expect(await words('coldsnap ls --key-file comp')).toEqual(['completion.txt'])
  })
})

inShell('zsh', run => {
  // A shell in a terminal of its own: Tab, then a key that prints the line.
  const driver = `
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PROMPT= RPROMPT= PS2=; source completion.txt; zstyle ':completion:*' insert-tab false"
zpty -w shell 'line() { print -r -- "<<$BUFFER>>" }; zle -N line; bindkey "^X" line; print "is" "ready"'
zpty -r shell told '*is ready*'
for typed in "$@"; do
  zpty -w -n shell $'\\C-U'"$typed"$'\\t\\C-X'
  zpty -r shell told '*<<*>>*'
  told=\${told##*<<}
  print -r -- \${told%>>*}
done
zpty -d shell`
  const complete = async (...lines: string[]): Promise<string[]> =>
    (await run(driver, ...lines))
      .trimEnd()
      .split('\n')
      .map(line => line.trimEnd())

  it('completes commands, options, their values, and names of files', { timeout: 90_000 }, async () => {
    const typed: Readonly<Record<string, string>> = {
      'coldsnap ver': 'coldsnap verify',
      'coldsnap blob g': 'coldsnap blob get',
      'coldsnap copy --rep': 'coldsnap copy --replace',
      'coldsnap blob put --if': 'coldsnap blob put --if-absent',
      'coldsnap export --format nd': 'coldsnap export --format ndjson',
      'coldsnap export -f nd': 'coldsnap export -f ndjson',
      'coldsnap completion z': 'coldsnap completion zsh',
      'coldsnap ls tw': 'coldsnap ls two\\ words/',
      'coldsnap ls --key-file comp': 'coldsnap ls --key-file completion.txt',
    }
    expect(await complete(...Object.keys(typed))).toEqual(Object.values(typed))
  })
})

describe('completion', () => {
  it.each(['bash', 'zsh', 'fish'])('of %s names every command and option', async shell => {
    const { stdout } = await runCli(['completion', shell])
    for (const word of ['verify', 'blob', 'clean', 'key-file', 'ndjson']) expect(stdout, shell).toContain(word)
  })
})
