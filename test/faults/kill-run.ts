import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Durability } from '../../src/store/file-store.ts'
import { advance, firstState, type KillState, openCache, openStore, type StoreName, tickOf } from './kill-state.ts'

/** What {@link runKills} is to do. */
export interface KillOptions {
  readonly store: StoreName
  readonly durability: Durability
  readonly kills: number
  /** Numbers in [0, 1). */
  readonly random: () => number
  /** A directory of its own. */
  readonly dir: string
  /** The compiled `kill-writer.ts`. */
  readonly writer: string
  /** Lets the writer acknowledge what it has not written yet: then acknowledged writes must get lost. */
  readonly lies?: boolean
  readonly onProgress?: (counts: KillCounts) => void
}

/** What was found after so many kills. All but the first two and the last must be 0. */
export interface KillCounts {
  kills: number
  /** Writes that were acknowledged. */
  acknowledged: number
  /** Loads that were no state of any tick. */
  mixed: number
  /** Loads that gave nothing, or stumbled over a head or a segment. */
  torn: number
  /** Acknowledged writes that a load did not find. */
  lost: number
  /** Keys or files that were left behind by the next store. */
  litter: number
  /** Kills after which the write under way was found whole. */
  inFlight: number
}

export function noCounts(): KillCounts {
  return { kills: 0, acknowledged: 0, mixed: 0, torn: 0, lost: 0, litter: 0, inFlight: 0 }
}

const checkLitterEvery = 10

interface Writer {
  readonly process: ChildProcess
  readonly lines: string[]
  /** Resolves when it has printed that many lines. */
  printed(count: number): Promise<void>
  readonly gone: Promise<unknown>
}

// Started ahead of time: it waits for its orders, and starting is what takes time.
function startWriter(file: string): Writer {
  const child = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines: string[] = []
  let waiting: { count: number; tell: () => void } | undefined
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n')
    rest = parts.pop()!
    lines.push(...parts)
    if (waiting !== undefined && lines.length >= waiting.count) waiting.tell()
  })
  // After the last byte of its output: what it printed before its death counts.
  const gone = once(child, 'close')
  child.stdin.on('error', () => undefined)
  const printed = (count: number): Promise<void> => {
    if (lines.length >= count) return Promise.resolve()
    return new Promise((resolve, reject) => {
      waiting = { count, tell: resolve }
      void gone.then(() => reject(new Error(`A writer ended by itself after ${lines.length} lines`)))
    })
  }
  return { process: child, lines, printed, gone }
}

/** Kills one writer after the other in one directory, and looks after each what a new process finds. */
export async function runKills(options: KillOptions): Promise<KillCounts> {
  const { dir, random } = options
  const counts = noCounts()
  // The state of the last tick that was found.
  let known = firstState()
  await withCache(options, cache => cache.store(known))
  let next = startWriter(options.writer)
  for (let i = 0; i < options.kills; i++) {
    const writer = next
    await writer.printed(1)
    if (i + 1 < options.kills) next = startWriter(options.writer)
    writer.process.stdin!.write(`${JSON.stringify([options.store, dir, options.durability, options.lies === true])}\n`)
    // Most die between writes and in them, some before they have opened the store or while they read.
    if (random() < 0.9) await writer.printed(2 + Math.floor(random() * 6))
    await pause(random() * (random() < 0.5 ? 4 : 25))
    writer.process.kill('SIGKILL')
    await writer.gone
    counts.kills++
    const acknowledged = writer.lines.length > 1 ? Number(writer.lines.at(-1)) : tickOf(known)
    counts.acknowledged += writer.lines.length - 1
    known = await check(options, known, acknowledged, i, counts)
    options.onProgress?.(counts)
  }
  return counts
}

async function withCache<T>(
  { store: name, dir, durability }: KillOptions,
  run: (cache: ReturnType<typeof openCache>) => Promise<T>,
): Promise<T> {
  const store = await openStore(name, dir, durability)
  try {
    return await run(openCache(store))
  } finally {
    await store[Symbol.asyncDispose]()
  }
}

async function check(
  options: KillOptions,
  known: KillState,
  acknowledged: number,
  round: number,
  counts: KillCounts,
): Promise<KillState> {
  return await withCache(options, async cache => {
    const snapshot = await cache.load()
    if (snapshot === undefined || snapshot.report.problems.length > 0) counts.torn++
    if (snapshot === undefined) return known
    const tick = tickOf(snapshot.state)
    if (tick < acknowledged) counts.lost++
    if (tick === acknowledged + 1) counts.inFlight++
    const wanted = structuredClone(known)
    for (let at = tickOf(known) + 1; at <= tick; at++) advance(wanted, at)
    if (tick > acknowledged + 1 || !isDeepStrictEqual(snapshot.state, wanted)) counts.mixed++
    if (round % checkLitterEvery === 0) {
      await advance(wanted, tick + 1)(cache)
      const { ok, unused } = await cache.verify()
      if (!ok || unused.length > 0 || tempsIn(options).length > 0) counts.litter++
    }
    return wanted
  })
}

function tempsIn({ store, dir }: KillOptions): string[] {
  return store === 'FileStore' ? fs.readdirSync(join(dir)).filter(name => name.startsWith('ff74')) : []
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
