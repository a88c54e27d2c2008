import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Group } from '../../src/group/group.ts'
import { GroupNode } from '../../src/group/node/index.ts'

const program = fileURLToPath(new URL('./groupcache/', import.meta.url))

// `COLDSNAP_INTEROP=require` (CI) makes a missing Go a failure instead of a skip with its reason.
const isRequired = process.env['COLDSNAP_INTEROP'] === 'require'
const hasGo = spawnSync('go', ['version']).status === 0
const reason = hasGo || isRequired ? '' : ' (left out: no `go` on the PATH; install Go 1.26 to run it)'
if (reason !== '') console.log(`Interop with golang/groupcache${reason}`)

// No spaces among them: see the test about those.
const oddKeys = [
  'a-b_c.d~e',
  'a/b',
  'a//b',
  '/',
  'a+b',
  '100%',
  '?a=b&c#d',
  "!*'();:@,$",
  '日本語',
  '🦔',
  'a'.repeat(500),
]
const keys = [...oddKeys, ...Array.from({ length: 64 - oddKeys.length }, (_, i) => `10.0.${i}.1`)]

/** A node of golang/groupcache; its base URL is its name in the ring. */
interface GoNode {
  readonly url: string
  readonly child: ChildProcess
}

/** A node of ours. */
interface OurNode {
  readonly url: string
  readonly node: GroupNode
  readonly users: Group<Uint8Array>
}

describe.skipIf(reason !== '')(`two nodes of golang/groupcache and two of ours${reason}`, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'coldsnap-groupcache-'))
  const children: ChildProcess[] = []
  let theirs: readonly GoNode[] = []
  let ours: readonly OurNode[] = []
  /** The keys that ours loaded, in order. */
  const loaded: string[] = []

  beforeAll(async () => {
    const binary = join(scratch, 'groupcache')
    await promisify(execFile)('go', ['build', '-o', binary, '.'], { cwd: program })
    theirs = [await startGo(binary), await startGo(binary)]
    ours = [await startOurs(), await startOurs()]
    await setPeers([...theirs, ...ours].map(({ url }) => url))
  }, 600_000)

  afterAll(async () => {
    await Promise.all(children.map(stop))
    await Promise.all(ours.map(({ node }) => node.close()))
    rmSync(scratch, { recursive: true, force: true })
  })

  async function startGo(binary: string): Promise<GoNode> {
    const child = spawn(binary, { stdio: ['pipe', 'pipe', 'inherit'] })
    children.push(child)
    const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`A Go node ended with ${code}`)))
    ended.catch(() => undefined)
    const [url] = await Promise.race([once(createInterface(child.stdout), 'line'), ended])
    return { url: String(url), child }
  }

  async function startOurs(): Promise<OurNode> {
    const node = await GroupNode.listen('127.0.0.1:0', { ring: 'groupcacheOriginal' })
    const load = (key: string): Uint8Array => {
      loaded.push(key)
      if (key.startsWith('bad')) throw new Error('the origin failed')
      return new TextEncoder().encode(loadedBy('ours', key))
    }
    return { url: `http://${node.address}`, node, users: node.group('users', { maxBytes: 64 << 10, load }) }
  }

  /** Tells all nodes in the list who is in the fleet. */
  async function setPeers(urls: readonly string[]): Promise<void> {
    const query = urls.map(url => `url=${encodeURIComponent(url)}`).join('&')
    for (const { url } of theirs) if (urls.includes(url)) await control(url, `/peers?${query}`)
    for (const { url, node } of ours) node.setPeers(urls, { self: url })
  }

  const ownerOf = (key: string): string => ours[0]!.node.ownerOf(key) ?? ''
  const isTheirs = (url: string): boolean => theirs.some(each => each.url === url)
  const wanted = (key: string): string => loadedBy(isTheirs(ownerOf(key)) ? 'go' : 'ours', key)
  const askTheirs = (url: string, key: string): Promise<string> => control(url, `/ask?key=${encodeURIComponent(key)}`)
  const askOurs = async (users: Group<Uint8Array>, key: string): Promise<string> =>
    new TextDecoder().decode(await users.get(key))

  /** What a get of the key gives at every node, those of Go first. */
  async function askAll(key: string): Promise<string[]> {
    const answers = theirs.map(({ url }) => askTheirs(url, key))
    return await Promise.all([...answers, ...ours.map(({ users }) => askOurs(users, key))])
  }

  /** Keys with a prefix that one node owns. */
  function ownedBy(url: string, prefix: string, count = 1): string[] {
    const owned: string[] = []
    for (let i = 0; owned.length < count; i++) if (ownerOf(`${prefix}${i}`) === url) owned.push(`${prefix}${i}`)
    return owned
  }

  async function statsOf(url: string): Promise<{ readonly loads: number; readonly evictions: number }> {
    return JSON.parse(await control(url, '/stats'))
  }

  it('all name the same owner of each key, and every node owns some', async () => {
    const owners = new Set<string>()
    for (const key of [...keys, ...Array.from({ length: 200 }, (_, i) => `${i * 7919}`)]) {
      const told = await Promise.all(theirs.map(({ url }) => control(url, `/owner?key=${encodeURIComponent(key)}`)))
      const names = new Set([...told, ...ours.map(({ node }) => node.ownerOf(key))])
      expect([...names], key).toEqual([ownerOf(key)])
      owners.add(ownerOf(key))
    }
    expect([...owners].sort()).toEqual([...theirs, ...ours].map(({ url }) => url).sort())
  })

  it('a get at any node gives what the owner loaded, once', async () => {
    for (const key of keys) expect(await askAll(key), key).toEqual(new Array(4).fill(wanted(key)))
    const stats = await Promise.all(theirs.map(({ url }) => statsOf(url)))
    expect(stats.reduce((sum, { loads }) => sum + loads, loaded.length)).toBe(keys.length)
    expect([...loaded].sort()).toEqual(keys.filter(key => !isTheirs(ownerOf(key))).sort())
  })

  it('a key with spaces has another name at an owner of theirs, and its own at ours', async () => {
    for (const { url } of theirs) {
      const [key] = ownedBy(url, 'a b ') as [string]
      // Its server does not undo the plus that clients write for a space, and takes the key to the owner of that one. Only
      // the owner itself has the key as it is.
      const elsewhere = wanted(key.replaceAll(' ', '+'))
      expect(await askAll(key)).toEqual([
        ...theirs.map(each => (each.url === url ? `go:${key}` : elsewhere)),
        elsewhere,
        elsewhere,
      ])
    }
    for (const { url } of ours) {
      const [key] = ownedBy(url, 'a b ') as [string]
      expect(await askAll(key)).toEqual(new Array(4).fill(`ours:${key}`))
    }
  })

  it('the keys . and .. are served from every node of ours, whoever owns them', async () => {
    for (const key of ['.', '..']) {
      for (const { users } of ours) expect(await askOurs(users, key)).toBe(wanted(key))
    }
  })

  it('values stay right while every node has to drop some', async () => {
    const many = [...theirs, ...ours].flatMap(({ url }) => ownedBy(url, 'large.', 70))
    for (let round = 0; round < 2; round++) {
      for (const key of many) expect(await askAll(key), key).toEqual(new Array(4).fill(wanted(key)))
    }
    for (const { url } of theirs) expect((await statsOf(url)).evictions).toBeGreaterThan(0)
    for (const { users } of ours) {
      const { main, hot } = users.stats()
      expect(main.evictions).toBeGreaterThan(0)
      expect(hot.evictions).toBeGreaterThan(0)
    }
  })

  it('an error of a loader reaches the asker, whichever side it is on', async () => {
    for (const owner of [...theirs, ...ours]) {
      const [key] = ownedBy(owner.url, 'bad.') as [string]
      for (const { url } of theirs) await expect(askTheirs(url, key)).rejects.toThrow('503 the origin failed')
      for (const { users } of ours) await expect(users.get(key)).rejects.toMatchObject({ code: 'LOAD_FAILED' })
    }
  })

  it('nodes are there for one of theirs that dies, and share its keys once it is off the lists', async () => {
    const [dead, alive] = theirs as [GoNode, GoNode]
    const owned = ownedBy(dead.url, '10.1.', 20)
    await stop(dead.child)
    for (const key of owned) {
      expect(await askTheirs(alive.url, key)).toBe(`go:${key}`)
      for (const { users } of ours) expect(await askOurs(users, key)).toBe(`ours:${key}`)
    }
    theirs = [alive]
    await setPeers([alive, ...ours].map(({ url }) => url))
    const fresh = Array.from({ length: 64 }, (_, i) => `10.2.${i}.1`)
    for (const key of fresh) expect(await askAll(key), key).toEqual(new Array(3).fill(wanted(key)))
  })
})

/** What the loaders of either side give. */
function loadedBy(side: 'go' | 'ours', key: string): string {
  const value = `${side}:${key}`
  return key.startsWith('large') ? value.padEnd(1000, '.') : value
}

/** The answer of a Go node beside its pool; rejects with its status and text if that is not 200. */
async function control(url: string, path: string): Promise<string> {
  const response = await fetch(url + path, { signal: AbortSignal.timeout(10_000) })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${response.status} ${text.trim()}`)
  return text
}

/** Ends a process, unless it has ended. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}
