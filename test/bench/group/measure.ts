import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HashRing } from '../../../src/group/index.ts'
import { GroupNode } from '../../../src/group/node/index.ts'
import { FileStore } from '../../../src/store/file-store.ts'
import { LevelStore } from '../../../src/store/level-store.ts'
import { benchGroup, loadValue } from './bench-group.ts'
import { callsPerSecond, microsPerCall, processorMicros, type Rounds } from './timing.ts'

const calls = 4000
const together = 32
const keys = Array.from({ length: 100 }, (_, i) => `key-${i}`)

/** What a user would pick instead: GET of a Redis on the same machine. */
export interface Redis {
  get(key: string): Promise<unknown>
}

/** One round of everything that a node answers, and of Redis between it, so that both see the same machine. */
export async function measureCalls(rounds: Rounds, owner: string, redis: Redis): Promise<void> {
  await using node = await GroupNode.listen('127.0.0.1:0')
  // Nothing is kept here, so that every get goes to the owner.
  node.setPeers([node.address, owner], { self: node.address })
  const remote = node.group(benchGroup, { maxBytes: 1 << 20, load: loadValue, promote: () => false })
  const owned = keysOf(node, owner)
  await remote.getMany(owned)
  await microsPerCall(calls / 4, () => redis.get('key'))

  rounds.add('redis sequential', await microsPerCall(calls, () => redis.get('key')))
  rounds.add('peer sequential', await microsPerCall(calls, i => remote.get(owned[i % owned.length]!)))
  rounds.add('redis parallel', await callsPerSecond(calls * 5, together, () => redis.get('key')))
  rounds.add('peer parallel', await callsPerSecond(calls * 5, together, i => remote.get(owned[i % owned.length]!)))
  rounds.add('many', await microsPerCall(calls / 40, () => remote.getMany(owned)))
  rounds.add('many alone', await microsPerCall(calls / 40, () => Promise.all(owned.map(key => remote.get(key)))))
  rounds.add('many one by one', await microsPerCall(calls / 400, () => one(owned, key => remote.get(key))))
}

async function one(all: readonly string[], run: (key: string) => Promise<unknown>): Promise<void> {
  for (const key of all) await run(key)
}

// A hundred keys of one owner.
function keysOf(node: GroupNode, owner: string): string[] {
  const found: string[] = []
  for (let i = 0; found.length < keys.length; i++)
    if (node.ownerOf(`key-${i * 7919}`) === owner) found.push(`key-${i * 7919}`)
  return found
}

/** Ten thousand gets of one key at once: milliseconds of the processor for all, and how often the loader ran. */
export async function measureStampede(rounds: Rounds): Promise<void> {
  await using node = await GroupNode.listen('127.0.0.1:0')
  let loads = 0
  const group = node.group('stampede', {
    maxBytes: 1 << 20,
    load: async () => {
      loads++
      await new Promise(resolve => setTimeout(resolve, 5))
      return loadValue()
    },
  })
  const micros = await processorMicros(() => Promise.all(Array.from({ length: 10_000 }, () => group.get('hot'))))
  rounds.add('stampede ms', micros / 1000)
  rounds.add('stampede loads', loads)
}

/** Microseconds of one get from a node's own memory, in a process that does nothing else. */
export function measureHit(rounds: Rounds): void {
  const script = fileURLToPath(new URL('./hit.js', import.meta.url))
  rounds.add('local hit', Number(execFileSync(process.execPath, [script], { encoding: 'utf8' })))
}

/** Microseconds of one look-up in a ring of 512 peers. */
export async function measureRing(rounds: Rounds): Promise<void> {
  const ring = new HashRing(Array.from({ length: 512 }, (_, i) => `10.0.${i >> 8}.${i & 255}:8080`))
  const count = 200_000
  const names = Array.from({ length: 1000 }, (_, i) => `user:${i * 7919}`)
  const micros = await processorMicros(async () => {
    for (let i = 0; i < count; i++) ring.owner(names[i % 1000]!)
  })
  rounds.add('ring', micros / count)
}

/** The stores of which restarts are measured. */
export const benchStores = {
  file: (directory: string) => FileStore.open(directory, { durability: 'process' }),
  level: (directory: string) => LevelStore.open(directory),
} as const

/** The name of one of {@link benchStores}. */
export type BenchStore = keyof typeof benchStores

/** Milliseconds from listening to the first answer of a node whose store is that of {@link fillDirectory}. */
export async function measureRestart(rounds: Rounds, kind: BenchStore, directory: string): Promise<void> {
  await using store = await benchStores[kind](directory)
  const node = await GroupNode.listen('127.0.0.1:0', { store })
  const start = performance.now()
  const group = node.group('warm', { maxBytes: 256 << 20, load: () => undefined, afterRestart: 'trust' })
  const value = await group.get('key-777')
  rounds.add(`restart ${kind}`, performance.now() - start)
  if (value === undefined) throw new Error('The restarted node does not have what it stored')
  await node.close()
}

/** Fills a directory with the records of a node; remove it when done. */
export async function fillDirectory(kind: BenchStore, entries: number): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'coldsnap-bench-group-'))
  await using store = await benchStores[kind](directory)
  const node = await GroupNode.listen('127.0.0.1:0', { store })
  const group = node.group('warm', { maxBytes: 256 << 20, load: loadValue })
  // Set, for what is loaded is dropped when the store does not keep up.
  for (let i = 0; i < entries; i += 500) {
    const count = Math.min(500, entries - i)
    await Promise.all(Array.from({ length: count }, (_, j) => group.set(`key-${i + j}`, loadValue())))
  }
  await node.close()
  return directory
}

/** Removes what {@link fillDirectory} made. */
export function removeDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true })
}
