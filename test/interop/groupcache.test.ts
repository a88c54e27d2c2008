import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isCacheError } from '../../src/errors.ts'
import type { Group } from '../../src/group/group.ts'
import { GroupNode } from '../../src/group/node/index.ts'
import { freePort } from '../helpers/redis-server.ts'

const program = fileURLToPath(new URL('./groupcache/', import.meta.url))
const isRequired = process.env['COLDSNAP_INTEROP'] === 'require'
const hasGo = spawnSync('go', ['version']).status === 0
const reason = hasGo || isRequired ? '' : ' (left out: no `go` on the PATH; install Go 1.26 to run it)'
if (reason !== '') console.log(`Interop with golang/groupcache${reason}`)

const keys = [
  'alice',
  'user:42',
  'plain',
  'a-b_c.d~e',
  '日本語',
  'emoji🦔',
  ...Array.from({ length: 60 }, (_, i) => `10.0.${i}.1`),
]
const text = new TextDecoder()

// Two of its nodes and two of ours in one fleet, each the owner of some of the keys.
describe.skipIf(reason !== '')(`in a fleet with golang/groupcache${reason}`, () => {
  let scratch = ''
  const theirs: { readonly url: string; readonly child: ChildProcess }[] = []
  const ours: { readonly url: string; readonly node: GroupNode; readonly users: Group<Uint8Array> }[] = []
  let loads: string[] = []

  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'coldsnap-groupcache-'))
    const binary = join(scratch, 'groupcache')
    await promisify(execFile)('go', ['build', '-o', binary, '.'], { cwd: program })
    const ports = [await freePort(), await freePort(), await freePort(), await freePort()]
    const urls = ports.map(port => `http://127.0.0.1:${port}`)
    for (const url of urls.slice(0, 2)) {
      const child = spawn(binary, [url, ...urls.filter(other => other !== url)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await once(createInterface(child.stdout), 'line')
      theirs.push({ url, child })
    }
    for (const url of urls.slice(2)) {
      const node = await GroupNode.listen(new URL(url).host, { ring: 'groupcacheOriginal' })
      node.setPeers(urls, { self: url })
      const load = (key: string): Uint8Array => {
        loads.push(key)
        if (key === 'bad') throw new Error('the origin failed')
        return new TextEncoder().encode(`ours:${key}`)
      }
      ours.push({ url, node, users: node.group('users', { maxBytes: 1 << 20, load }) })
    }
  }, 600_000)

  afterAll(async () => {
    for (const { child } of theirs) child.kill('SIGKILL')
    for (const { node } of ours) await node.close()
    rmSync(scratch, { recursive: true, force: true })
  })

  const ownerOf = async (key: string): Promise<string> =>
    await (await fetch(`${theirs[0]!.url}/owner?key=${encodeURIComponent(key)}`)).text()
  const ask = async (url: string, key: string): Promise<Response> =>
    await fetch(`${url}/ask?key=${encodeURIComponent(key)}`)

  it('all name the same owner of each key, and every node owns some', async () => {
    const owners = new Set<string>()
    for (const key of keys) {
      const owner = await ownerOf(key)
      owners.add(owner)
      expect([key, ...ours.map(({ node }) => node.ownerOf(key))]).toEqual([key, owner, owner])
    }
    expect([...owners].sort()).toEqual([...theirs, ...ours].map(({ url }) => url).sort())
  })

  it('a get anywhere gives what the owner loaded, which loads it once', async () => {
    loads = []
    for (const key of keys) {
      const owner = await ownerOf(key)
      const wanted = theirs.some(({ url }) => url === owner) ? `go:${key}` : `ours:${key}`
      for (const { url } of theirs) expect(await (await ask(url, key)).text()).toBe(wanted)
      for (const { users } of ours) expect(text.decode(await users.get(key))).toBe(wanted)
    }
    expect(loads.length).toBe(new Set(loads).size)
    for (const key of loads) expect(ours.map(({ url }) => url)).toContain(await ownerOf(key))
  })

  it('an error of a loader reaches the asker on either side', async () => {
    for (const { url } of theirs) expect((await ask(url, 'bad')).status).toBe(503)
    for (const { users } of ours) {
      const error = await users.get('bad').catch((error: unknown) => error)
      expect(isCacheError(error, 'LOAD_FAILED')).toBe(true)
    }
  })

  it('a node of theirs that dies is loaded for here', async () => {
    const [dead] = theirs
    const owned: string[] = []
    for (let i = 0; owned.length < 5; i++) if ((await ownerOf(`10.1.${i}.1`)) === dead!.url) owned.push(`10.1.${i}.1`)
    dead!.child.kill('SIGKILL')
    await once(dead!.child, 'exit')
    const [{ users }] = ours as [(typeof ours)[number]]
    for (const key of owned) expect(text.decode(await users.get(key))).toBe(`ours:${key}`)
  })
})
