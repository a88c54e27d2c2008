import { spawnSync } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const script = fileURLToPath(new URL('../.ci/install-redis.mjs', import.meta.url))
const shell = '/bin/sh'

/** Runs the script where nothing is on the PATH but these programs; gives what it said and what they were called with. */
async function run(programs: Readonly<Record<string, string>>): Promise<{ said: string; calls: string[] }> {
  const dir = await mkdtemp(join(tmpdir(), 'coldsnap-install-'))
  try {
    await writeFile(join(dir, 'log'), '')
    await symlink('/usr/bin/env', join(dir, 'env'))
    for (const [name, body] of Object.entries(programs)) {
      const file = join(dir, name)
      await writeFile(file, `#!${shell}\necho "${name} $* $DEBIAN_FRONTEND" >> "${dir}/log"\nhere="${dir}"\n${body}\n`)
      await chmod(file, 0o755)
    }
    const { status, stderr } = spawnSync(process.execPath, [script], { env: { PATH: dir }, encoding: 'utf8' })
    expect(status).toBe(0)
    return { said: stderr.trim(), calls: (await readFile(join(dir, 'log'), 'utf8')).trim().split('\n') }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

const put = `printf '#!${shell}\\nexit 0\\n' > "$here/redis-server"; /bin/chmod +x "$here/redis-server"`
// As root it calls apt-get itself, else by sudo.
const sudo = { sudo: 'shift; exec "$@"' }

it('installs nothing where redis-server is there', async () => {
  expect(await run({ 'redis-server': 'exit 0', 'apt-get': 'exit 1' })).toEqual({
    said: '',
    calls: ['redis-server --version'],
  })
})

it('asks for the list of packages where there is none yet, and for nothing else', async () => {
  const aptGet = `case "$*" in
    *update*) : > "$here/list";;
    *install*) [ -e "$here/list" ] || { echo 'E: Unable to locate package' >&2; exit 100; }; ${put};;
  esac`
  const { said, calls } = await run({ 'apt-get': aptGet, ...sudo })
  expect(said).toBe('')
  const apt = calls.filter(call => /^apt-get .*(install|update)/.test(call))
  expect(apt.map(call => /install|update/.exec(call)?.[0])).toEqual(['install', 'update', 'install'])
  for (const call of apt) expect(call).toMatch(/noninteractive$/)
})

it('says why it could not be installed', async () => {
  expect((await run({})).said).toMatch(/there is no apt-get/)
  const locked = `case "$*" in *--version*) exit 0;; esac; echo 'E: Could not get lock' >&2; exit 100`
  expect((await run({ 'apt-get': locked, ...sudo })).said).toMatch(/apt-get update failed: E: Could not get lock$/)
  expect((await run({ 'apt-get': 'exit 0', ...sudo })).said).toMatch(/it was installed, but is not on the PATH$/)
})
