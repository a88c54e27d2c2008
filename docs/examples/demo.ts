// The whole story on one screen: `npm run demo`. No arguments, no network.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters, styleText } from 'node:util'
import { copySnapshot, type Store } from 'coldsnap'
import { FileStore } from 'coldsnap/file'
import { LevelStore } from 'coldsnap/level'
import { type Netmap, netmapCache } from 'coldsnap/netmap'
import { growNetmap } from './grow-netmap.ts'

const fixture = fileURLToPath(new URL('../../fixtures/netmapcache/realistic/dir', import.meta.url))
const child = fileURLToPath(new URL('./demo-child.js', import.meta.url))
const scratch = await mkdtemp(join(tmpdir(), 'coldsnap-demo-'))
const peers = 10_000

try {
  const netmap = await readTailscale()
  for (const kind of ['file', 'level'] as const) await show(kind, growNetmap(netmap, peers))
  say('')
  say('Every number above was measured in this run. How they are measured with care: docs/performance.md')
} finally {
  await rm(scratch, { recursive: true, force: true })
}

async function readTailscale(): Promise<Netmap> {
  title('A directory that the real Tailscale client wrote')
  await using store = await FileStore.open(fixture, { readOnly: true })
  const snapshot = await netmapCache(store, { layout: 'plain' }).load()
  if (snapshot === undefined) throw new Error('The fixture holds no netmap')
  const { SelfNode, Peers, DERPMap } = snapshot.state
  fact('this node', SelfNode.Name)
  fact('peers', `${Peers?.length}, relay regions ${Object.keys(DERPMap?.Regions ?? {}).length}`)
  const { Cached: _, ...netmap } = snapshot.state
  return netmap
}

async function show(kind: 'file' | 'level', netmap: Netmap): Promise<void> {
  const directory = join(scratch, kind)
  const open = async (): Promise<FileStore | LevelStore> =>
    kind === 'file' ? await FileStore.open(directory) : await LevelStore.open(directory)
  title(kind === 'file' ? 'The same map with 10,000 peers, in plain files' : 'And once more, in LevelDB')

  const json = join(scratch, 'netmap.json')
  const text = JSON.stringify(netmap)
  const jsonMs = await time(async () => {
    await writeFile(`${json}.tmp`, text, { flush: true })
    await rename(`${json}.tmp`, json)
  })
  {
    await using store = await open()
    const cache = netmapCache(store)
    const [first, firstMs] = await timed(() => cache.store(netmap))
    fact('store it all', `${ms(firstMs)}, ${size(first.bytes)} ${dim(`(one JSON file: ${size(text.length)})`)}`)
    const changed = {
      ...netmap,
      Peers: netmap.Peers!.map((peer, i) => (i === 4_711 ? { ...peer, Online: false } : peer)),
    }
    const [second, secondMs] = await timed(() => cache.store(changed))
    const [third, thirdMs] = await timed(() => cache.updatePeers([{ ...netmap.Peers![42]!, Online: false }]))
    fact('one peer changed', `${ms(secondMs)}, ${size(second.bytes)} written, found among 10,000`)
    fact('  named by you', `${ms(thirdMs)}, ${size(third.bytes)} written`)
    fact(dim('  one JSON file'), dim(`${ms(jsonMs)} and ${size(text.length)}, whatever changed`))
  }

  const first = run('first', directory, kind)
  const whole = run('whole', directory, kind)
  const plain = run('json', json)
  say(`  ${bold('restart, each in a fresh process, imports included')}`)
  fact('  first fields', `${ms(first.wholeMs)}   ${dim(first.self ?? '')}`)
  fact('  whole map', `${ms(whole.wholeMs)}   ${dim(`${whole.peers} peers, every digest checked`)}`)
  fact(dim('  one JSON file'), dim(`${ms(plain.wholeMs)}   nothing checked, and nothing usable before`))

  await killWriter(directory, kind)
  await flipByte(directory, kind, open)
}

async function killWriter(directory: string, kind: string): Promise<void> {
  const kills = 5
  let got = 0
  for (let i = 0; i < kills; i++) {
    const args = [child, 'writer', directory, kind, 'write']
    const writer = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    got += await killAfterFirst(writer, 40 + 65 * i)
    await using store = kind === 'file' ? await FileStore.open(directory) : await LevelStore.open(directory)
    const snapshot = await netmapCache(store).load()
    // The writer gives all peers of a map the same number: two numbers would be a mix of two maps.
    const numbers = new Set(snapshot?.state.Peers?.map(peer => peer.Cap))
    if (snapshot?.state.Peers?.length !== peers || numbers.size !== 1) throw new Error('A mixed map was loaded')
  }
  fact('kill -9', `${kills} times while it wrote (${got} maps got through): ${good('every load whole')}`)
}

/** Kills the writer some time after its first map was stored; resolves to how many it stored. */
async function killAfterFirst(writer: ChildProcess, afterMs: number): Promise<number> {
  let maps = 0
  writer.stdout!.on('data', data => {
    if (maps === 0) setTimeout(() => writer.kill('SIGKILL'), afterMs)
    maps += String(data).split('\n').length - 1
  })
  await new Promise(resolve => writer.on('exit', resolve))
  return maps
}

async function flipByte(directory: string, kind: string, open: () => Promise<FileStore | LevelStore>): Promise<void> {
  {
    await using store = await open()
    const cache = netmapCache(store)
    const { Cached: _, ...netmap } = (await cache.load())!.state
    await cache.store({ ...netmap, Domain: 'one-before.example.com' })
    await cache.store({ ...netmap, Domain: 'newest.example.com' })
    await damageNewestHead(store, directory, kind)
  }
  await using store = await open()
  const snapshot = await netmapCache(store).load()
  const [problem] = snapshot?.report.problems ?? []
  fact('a byte flipped', `${bad(problem?.code ?? 'nothing was noticed')}: ${problem?.message}`)
  fact(
    '  fallback',
    `${good(snapshot?.state.Domain ?? 'none')} of generation ${snapshot?.generation}, ${snapshot?.state.Peers?.length} peers`,
  )
  if (kind === 'file') {
    await using level = await LevelStore.open(join(scratch, 'copy'))
    const [copied] = await copySnapshot(store, level)
    fact('moved to LevelDB', `${size(copied?.bytes ?? 0)}, checked on both sides`)
  }
}

// In the file itself where there are files; through the store where LevelDB keeps its own.
async function damageNewestHead(store: Store, directory: string, kind: string): Promise<void> {
  let newest = ''
  for await (const key of store.list('netmap/@head/')) newest = key
  if (kind === 'file') {
    const name = Buffer.from(newest).toString('hex')
    const path = join(directory, (await readdir(directory)).find(file => file === name)!)
    const bytes = await readFile(path)
    bytes[bytes.length >> 1]! ^= 1
    await writeFile(path, bytes)
    return
  }
  const bytes = (await store.load(newest))!
  bytes[bytes.length >> 1]! ^= 1
  await store.store(newest, bytes)
}

interface Measured {
  readonly wholeMs: number
  readonly peers: number
  readonly self?: string
}

function run(...args: string[]): Measured {
  const { stdout, stderr, status } = spawnSync(process.execPath, [child, ...args], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`The process for ${args[0]} failed: ${stderr}`)
  return JSON.parse(stdout) as Measured
}

async function time(work: () => Promise<unknown>): Promise<number> {
  return (await timed(work))[1]
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const began = performance.now()
  const result = await work()
  return [result, performance.now() - began]
}

function title(text: string): void {
  say('')
  say(bold(text))
}

function fact(name: string, text: string): void {
  const width = stripVTControlCharacters(name).length
  say(`  ${name}${' '.repeat(Math.max(1, 20 - width))}${text}`)
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`.padStart(8)
}

function size(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

function bold(text: string): string {
  return styleText('bold', text)
}

function dim(text: string): string {
  return styleText('dim', text)
}

function good(text: string): string {
  return styleText('green', text)
}

function bad(text: string): string {
  return styleText('red', text)
}
