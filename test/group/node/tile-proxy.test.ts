import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, expect, it } from 'vitest'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../../', import.meta.url))
const example = `${root}docs/examples/tile-proxy/`
let directory = ''

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'coldsnap-example-'))
  const build = await rolldown({
    input: [`${example}main.ts`, `${example}proxy.ts`],
    platform: 'node',
    external: ['level'],
    resolve: {
      alias: {
        'coldsnap/file': `${root}src/store/file-store.ts`,
        'coldsnap/group/node': `${root}src/group/node/index.ts`,
      },
    },
  })
  await build.write({ dir: directory, entryFileNames: '[name].js' })
  await writeFile(join(directory, 'package.json'), '{ "type": "module" }')
  await build.close()
})

afterAll(async () => await rm(directory, { recursive: true, force: true }))

// The outcome is the process's own: it ends with 1 if a request failed, a tile was wrong, or nothing was warm.
it('the example of three tile proxies answers through a kill, and is warm after it', async () => {
  const { stdout, stderr } = await run(process.execPath, [join(directory, 'main.js'), '--seconds', '5'], {
    env: { ...process.env, NO_COLOR: '1' },
    timeout: 50_000,
  })
  expect(stderr).toBe('')
  expect(stdout).not.toContain('\u001b')
  expect(stdout).toMatch(/node 2 is killed \(SIGKILL\)/)
  expect(stdout).toMatch(/node 2 is started again/)
  expect(stdout.match(/^ +\d+\.\d s .*\d+ ms$/gm)).toHaveLength(15)
  const [, answered, share] = /^answered {5}(\d+) requests, ([\d.]+) %/m.exec(stdout) ?? []
  expect(Number(answered)).toBeGreaterThan(50)
  expect(Number(share)).toBeGreaterThan(10)
  expect(stdout).toMatch(/^failed {7}0, wrong tiles 0$/m)
  expect(Number(/found (\d+) tiles/.exec(stdout)?.[1])).toBeGreaterThan(0)
})
