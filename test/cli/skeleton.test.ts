import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { exitOf } from '../../src/cli/exit-of.ts'
import { safeJson, safeText } from '../../src/cli/safe-text.ts'
import { showAge, showBytes } from '../../src/cli/show-units.ts'
import { CacheError, type ErrorCode, errorCodes } from '../../src/errors.ts'
import { FileStore } from '../../src/store/file-store.ts'
import { scratch } from '../store/scratch.ts'
import { reportOf, runCli } from './cli-run.ts'
import { makeSample, sampleCache, sampleState } from './sample-caches.ts'

describe('arguments', () => {
  it('without a command the help is on stderr, with --help on stdout', async () => {
    const none = await runCli([])
    expect([none.code, none.stdout]).toEqual([2, ''])
    expect(none.stderr).toContain('Usage: coldsnap')
    const help = await runCli(['--help'])
    expect([help.code, help.stderr]).toEqual([0, ''])
    expect(help.stdout).toContain('verify')
  })

  it('help is a command too, and the version is that of the package', async () => {
    expect(await runCli(['help'])).toEqual(await runCli(['--help']))
    expect(await runCli(['help', 'verify'])).toEqual(await runCli(['verify', '--help']))
    const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
    const { version } = JSON.parse(text) as { version: string }
    for (const flag of ['--version', '-V']) {
      expect(await runCli([flag])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
    }
  })

  it('mistakes point to the help', async () => {
    expect((await runCli(['lss'])).stderr).toMatch(/^See coldsnap --help$/m)
    expect((await runCli(['blob', 'get'])).stderr).toMatch(/^See coldsnap blob get --help$/m)
    expect(JSON.parse((await runCli(['--json'])).stderr)).toMatchObject({ error: { exit: 'usage', exitCode: 2 } })
  })

  it('--json stands before the command as well', async () => {
    const dir = scratch()
    await makeSample(dir)
    expect(await runCli(['--json', 'show', dir, 'app'])).toEqual(await runCli(['show', dir, 'app', '--json']))
    expect(await runCli(['--json', 'blob', 'ls', dir])).toEqual(await runCli(['blob', 'ls', dir, '--json']))
  })

  it.each([
    [['lss'], "unknown command 'lss'"],
    [['ls'], "missing required argument 'dir'"],
    [['ls', 'a', 'b'], 'too many arguments'],
    [['ls', 'a', '--bogus'], "unknown option '--bogus'"],
    [['ls', 'http://localhost'], 'Unknown kind of store http'],
    [['ls', ''], 'A directory must have a name'],
    [['export', '/', '--format', 'xml'], 'Allowed choices are json, ndjson'],
    [['show', '/', 'app', '--generation', '1.5'], 'must be a whole number'],
    [['completion', 'tcsh'], 'Unknown shell tcsh'],
  ])('%j is wrong usage', async (argv, message) => {
    const { code, stderr, stdout } = await runCli(argv)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(message)
    const json = await runCli([...argv, '--json'])
    expect([json.code, json.stdout]).toEqual([2, ''])
    const { error } = JSON.parse(json.stderr) as { error: { message: string } }
    expect(error).toEqual({ exit: 'usage', exitCode: 2, message: expect.stringContaining(message) })
  })

  it('with --json a failure is one line of JSON on stderr', async () => {
    const { code, stdout, stderr } = await runCli(['ls', join(scratch(), 'none'), '--json'])
    expect([code, stdout]).toEqual([3, ''])
    expect(JSON.parse(stderr)).toMatchObject({ error: { exit: 'notFound', exitCode: 3 } })
  })
})

describe('exit codes', () => {
  it('every error code has one, and numbers differ', () => {
    for (const code of Object.keys(errorCodes) as ErrorCode[]) {
      expect(exitCodes[exitOf(new CacheError(code, ''))].code, code).toBeGreaterThan(1)
    }
    const numbers = Object.values(exitCodes).map(({ code }) => code)
    expect(new Set(numbers).size).toBe(numbers.length)
    expect(exitOf(new TypeError('bug'))).toBe('internal')
  })

  it('no such directory, a file, and a directory that is no store are not found', async () => {
    const dir = scratch()
    await using store = await FileStore.open(join(dir, 'empty'))
    expect((await runCli(['ls', join(dir, 'none')])).code).toBe(3)
    expect((await runCli(['ls', new URL(import.meta.url).pathname])).code).toBe(3)
    expect((await runCli(['ls', new URL('../../src', import.meta.url).pathname])).code).toBe(3)
    const empty = await runCli(['ls', store.dir])
    expect([empty.code, empty.stdout]).toEqual([0, expect.stringContaining('nothing is stored')])
    const verified = await runCli(['verify', store.dir])
    expect([verified.code, verified.stdout]).toEqual([0, expect.stringMatching(/\nthere is no cache\n$/)])
    expect(await reportOf(['verify', store.dir])).toMatchObject({ ok: true, caches: [] })
  })

  it('a locked directory is refused with one line, and can still be read', async () => {
    const dir = scratch()
    await using store = await FileStore.open(dir)
    await sampleCache(store).store(sampleState())
    const { code, stderr } = await runCli(['repair', dir, '--yes'])
    expect([code, stderr]).toEqual([4, `coldsnap: Cannot open ${dir}: another process holds it (LOCKED)\n`])
    expect((await runCli(['verify', dir])).code).toBe(0)
  })

  it('an open LevelDB is locked for readers too', async () => {
    const dir = scratch()
    await makeSample(dir, 'level')
    const { LevelStore } = await import('../../src/store/level-store.ts')
    await using _held = await LevelStore.open(dir)
    expect((await runCli(['ls', dir])).code).toBe(4)
  })

  it('an interrupt ends what is under way', async () => {
    const dir = scratch()
    await makeSample(dir)
    expect((await runCli(['verify', dir], { signal: AbortSignal.abort(new Error('SIGINT')) })).code).toBe(130)
  })
})

describe('output', () => {
  it('a reader that goes away is no failure', async () => {
    const dir = scratch()
    await makeSample(dir, 'file', 5000)
    const { code, stderr } = await runCli(['export', dir], { pipeBytes: 100 })
    expect([code, stderr]).toEqual([0, ''])
  })

  it('keys and values cannot steer a terminal', async () => {
    const dir = scratch()
    {
      await using store = await FileStore.open(dir)
      const state = { ...sampleState(), users: { '\u001b]0;owned\u0007': { login: '\u202eabc\u009b' } } }
      await sampleCache(store, 'app\u001b[2J').store(state as never)
    }
    const runs = [
      ['ls', dir],
      ['verify', dir],
      ['show', dir, 'app\u001b[2J', 'users'],
      ['show', dir, 'app\u001b[2J', '\u001b[1m'],
    ]
    for (const argv of runs.flatMap(each => [each, [...each, '--json']])) {
      const { stdout, stderr } = await runCli(argv)
      expect(stdout + stderr, argv[0]).not.toMatch(/[^\P{C}\n]/u)
    }
    expect(safeText('a\u001bb\n')).toBe('a\\u{1b}b\\u{a}')
    expect(JSON.parse(safeJson(JSON.stringify({ a: '\u009b\u{e0001}\u2028' })))).toEqual({ a: '\u009b\u{e0001}\u2028' })
  })

  it('colours are on a terminal only, and NO_COLOR and FORCE_COLOR are heard', async () => {
    const dir = scratch()
    await makeSample(dir)
    const hasColour = async (isTTY: boolean, env: Record<string, string>): Promise<boolean> =>
      (await runCli(['verify', dir], { isTTY, env })).stdout.includes('\u001b[32m')
    expect(await hasColour(false, {})).toBe(false)
    expect(await hasColour(true, {})).toBe(true)
    expect(await hasColour(true, { NO_COLOR: '1' })).toBe(false)
    expect(await hasColour(true, { NO_COLOR: '1', FORCE_COLOR: '1' })).toBe(false)
    expect(await hasColour(false, { FORCE_COLOR: '1' })).toBe(true)
    expect(await hasColour(true, { TERM: 'dumb' })).toBe(false)
  })

  it('a bar is shown on a terminal, and taken away', async () => {
    const dir = scratch()
    await makeSample(dir)
    let nowMs = 0
    const now = (): number => (nowMs += 1000)
    const { stderr } = await runCli(['verify', dir], { isTTY: true, now })
    expect(stderr).toContain('1/1 app self')
    expect(stderr.endsWith('\r\u001b[K')).toBe(true)
    expect((await runCli(['verify', dir], { now })).stderr).toBe('')
  })

  it('units are readable', () => {
    expect([0, 999, 1000, 1234, 99_950, 999_500, 34e6].map(showBytes)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '1.2 kB',
      '100 kB',
      '1.0 MB',
      '34 MB',
    ])
    expect([0, 59_999, 60_000, 3_600_000, 86_400_000 * 3].map(showAge)).toEqual(['0 s', '59 s', '1 min', '1 h', '3 d'])
  })
})

it('the shell around it is thin', () => {
  expect(readFileSync(new URL('../../src/cli/main.ts', import.meta.url), 'utf8').split('\n').length).toBeLessThan(60)
})
