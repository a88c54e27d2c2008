import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { DiskBlobStore, type DiskBlobStoreOptions } from '../../../src/blob/disk/disk-blob-store.ts'
import { listed } from '../../../src/contract/blob-samples.ts'
import { isDelete, type KillOrder, keyOf, killKeys, killNamespace, tickOfBlob } from '../../faults/blob-state.ts'
import { bundle } from '../../faults/bundle.ts'
import { randomFrom, runs, seed } from '../../snapshot/runs.ts'
import { scratch } from '../../store/scratch.ts'
import { litterIn } from './disk-handle.ts'

let file = ''
beforeAll(async () => {
  file = await bundle('blob-kill-writer.ts')
})
afterAll(() => fs.rmSync(dirname(file), { recursive: true, force: true }))

interface Writer {
  readonly order: (order: KillOrder) => void
  /** Resolves when it has printed that many lines. */
  readonly printed: (count: number) => Promise<void>
  /** Kills it and gives the last tick it acknowledged. */
  readonly kill: () => Promise<number | undefined>
}

// Started ahead of time: it waits for its orders, and starting is what takes time.
function startWriter(): Writer {
  const child = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'inherit'] })
  let text = ''
  let tell = (): void => undefined
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part
    tell()
  })
  child.stdin.on('error', () => undefined)
  const gone = once(child, 'close')
  const lines = (): string[] => text.split('\n').slice(0, -1)
  return {
    order: order => void child.stdin.write(`${JSON.stringify(order)}\n`),
    printed: count =>
      new Promise((resolve, reject) => {
        tell = () => (lines().length >= count ? resolve() : undefined)
        tell()
        void gone.then(() => reject(new Error(`A writer ended by itself after ${lines().length} lines`)))
      }),
    async kill() {
      child.kill('SIGKILL')
      await gone
      const last = lines().at(-1)
      return last === 'ready' ? undefined : Number(last)
    },
  }
}

const ways: readonly DiskBlobStoreOptions[] = [
  { durability: 'process', maxBytes: 100_000_000 },
  { durability: 'power' },
  { durability: 'process', layout: 'diskblob' },
]

it.each(ways)(
  `B21 a writer killed at random moments, %j; COLDSNAP_SEED=${seed}`,
  async options => {
    const dir = join(scratch(), 'blobs')
    const random = randomFrom(seed)
    const kills = runs(100)
    // The tick that wrote what is under each key; `undefined` for none.
    const known = new Map<string, number | undefined>()
    const counts = { acknowledged: 0, inFlight: 0 }
    const waiting = [startWriter(), startWriter()]
    let tick = 1
    for (let i = 0; i < kills; i++) {
      const writer = waiting.shift()!
      await writer.printed(1)
      if (i + 2 < kills) waiting.push(startWriter())
      writer.order({ dir, options, tick })
      if (random() < 0.9) await writer.printed(2 + Math.floor(random() * 5))
      await new Promise(resolve => setTimeout(resolve, random() * 6))
      const last = (await writer.kill()) ?? tick - 1
      for (let each = tick; each <= last; each++) known.set(keyOf(each), isDelete(each) ? undefined : each)
      counts.acknowledged += last - tick + 1
      tick = last + 2
      if (await lookAfter(dir, options, known, last + 1)) counts.inFlight++
    }
    console.log(`${JSON.stringify(options)}: ${JSON.stringify(counts)}`)
    expect(counts.acknowledged).toBeGreaterThan(kills)
    expect(counts.inFlight).toBeGreaterThan(0)
  },
  300_000,
)

// Whether what was under way was found done. Anything that is neither old nor new fails.
async function lookAfter(
  dir: string,
  options: DiskBlobStoreOptions,
  known: Map<string, number | undefined>,
  underWay: number,
): Promise<boolean> {
  const problems: unknown[] = []
  await using store = await DiskBlobStore.open(dir, { ...options, onProblem: problem => void problems.push(problem) })
  let isDone = false
  let bytes = 0
  for (const key of killKeys) {
    const head = await store.head(killNamespace, key)
    const found = await store.get(killNamespace, key)
    const tick = found && tickOfBlob(found)
    expect(head?.etag).toBe(found?.meta.etag)
    if (tick !== known.get(key)) {
      expect([key, tick]).toEqual([keyOf(underWay), isDelete(underWay) ? undefined : underWay])
      known.set(key, tick)
      isDone = true
    }
    bytes += found?.meta.size ?? 0
  }
  const keys = killKeys.filter(key => known.get(key) !== undefined)
  expect((await listed(store, killNamespace)).map(({ key }) => key)).toEqual(keys)
  expect(problems).toEqual([])
  expect(litterIn(dir)).toEqual([])
  // What is counted is never less than what is there.
  if (options.maxBytes !== undefined) expect((await store.describe()).bytes ?? Infinity).toBeGreaterThanOrEqual(bytes)
  return isDone
}
