import { execFile, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { scratch } from '../store/scratch.ts'
import { runCli } from './cli-run.ts'
import { makeSample } from './sample-caches.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const execute = promisify(execFile)

/** The command as a process of its own, built as `.ci/bundle.mjs` does. */
describe('the program', () => {
  let folder = ''
  let bin = ''

  beforeAll(async () => {
    // Beside the packages that it imports.
    folder = mkdtempSync(join(root, 'node_modules/.coldsnap-cli-'))
    bin = join(folder, 'main.mjs')
    const build = await rolldown({
      input: join(root, 'src/cli/main.ts'),
      platform: 'node',
      external: [/^node:/, 'level', 'redis', 'ioredis'],
      transform: { target: 'es2022' },
      logLevel: 'silent',
    })
    await build.write({
      dir: folder,
      entryFileNames: '[name].mjs',
      chunkFileNames: 'parts/[name].mjs',
      format: 'esm',
      sourcemap: true,
      banner: chunk => (chunk.isEntry ? '#!/usr/bin/env node' : ''),
    })
    await build.close()
    chmodSync(folder, 0o755)
    chmodSync(bin, 0o755)
  })

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const start = async (...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
    await execute(process.execPath, [bin, ...argv], { timeout: 30_000 }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    )

  it.each(['file', 'level'] as const)('does the same as run(), on a %s store', async kind => {
    const dir = scratch()
    await makeSample(dir, kind)
    for (const argv of [
      ['show', dir, 'app', 'peers', '--json'],
      ['export', dir],
      ['verify', dir],
      ['show', dir, 'nope'],
      ['--version'],
    ]) {
      const { code, stdout, stderr } = await start(...argv)
      expect({ code, stdout, stderr }, argv[0]).toEqual(await runCli(argv))
    }
  })

  it('ends quietly where nobody reads on', async () => {
    const dir = scratch()
    await makeSample(dir, 'file', 20_000)
    const pipe = `"$0" "$1" export "$2" | head -n 1; exit "\${PIPESTATUS[0]}"`
    const { stdout, stderr } = await execute('bash', ['-c', pipe, process.execPath, bin, dir], { timeout: 30_000 })
    expect([stdout.split('\n').length, stderr]).toEqual([2, ''])
  })

  it('refuses a directory that another process has locked', async () => {
    const dir = scratch()
    await makeSample(dir)
    const { FileStore } = await import('../../src/store/file-store.ts')
    await using _held = await FileStore.open(dir)
    expect(await start('repair', dir, '--yes')).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/^coldsnap: .* \(LOCKED\)\n$/),
    })
  })

  it.runIf(process.getuid?.() === 0)('has no access to what another user keeps', async () => {
    const dir = scratch()
    await makeSample(dir)
    const options = { uid: 65_534, gid: 65_534, cwd: tmpdir(), timeout: 30_000 }
    // The program itself must be in reach of that user.
    const copy = mkdtempSync(join(tmpdir(), 'coldsnap-cli-'))
    try {
      chmodSync(copy, 0o755)
      await execute('cp', ['-R', `${folder}/.`, copy])
      await execute('chmod', ['-R', 'a+rX', copy])
      const failed: { code: number; stderr: string } = await execute(
        process.execPath,
        [join(copy, 'main.mjs'), 'ls', dir],
        options,
      ).then(
        () => ({ code: 0, stderr: '' }),
        (error: { code: number; stderr: string }) => error,
      )
      expect(failed).toMatchObject({ code: 5, stderr: expect.stringContaining('NO_ACCESS') })
    } finally {
      rmSync(copy, { recursive: true, force: true })
    }
  })

  it('says what to install where no client of Redis is', async () => {
    const away = scratch()
    await execute('cp', ['-R', `${folder}/.`, away])
    const argv = [join(away, 'main.mjs'), 'ls', 'redis://:s3cret@localhost?prefix=a', '--json']
    const failed = await execute(process.execPath, argv, { timeout: 30_000 }).catch((error: unknown) => error)
    expect(failed).toMatchObject({ code: 7, stderr: expect.stringContaining('npm install redis') })
    expect(failed).toMatchObject({ stderr: expect.not.stringContaining('s3cret') })
  })

  it('an interrupt ends it with 130', async () => {
    const child = spawn(process.execPath, [bin, 'import', join(scratch(), 'new'), 'app', '-'])
    const ended = new Promise<number | string | null>(resolve =>
      child.once('exit', (code, signal) => resolve(code ?? signal)),
    )
    // It waits for its input once it has begun to read it.
    await new Promise<void>(resolve => child.stdin.write(' '.repeat(1 << 20), () => resolve()))
    child.kill('SIGINT')
    expect(await ended).toBe(130)
  })
})
