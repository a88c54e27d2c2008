import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { DiskBlobStore, type DiskBlobStoreOptions } from '../../../src/blob/disk/disk-blob-store.ts'
import { listed } from '../../../src/contract/blob-samples.ts'
import { isDelete, type KillOrder, keyOf, killKeys, killNamespace, tickOfBlob } from '../../faults/blob-state.ts'
import { bundle } from '../../helpers/bundle.ts'
import { randomFrom, runs, seed } from '../../snapshot/runs.ts'
import { scratch } from '../../store/scratch.ts'
import { bodyCensus, litterIn } from './disk-handle.ts'

let file = ''
beforeAll(async () => {
  file = await bundle('test/faults/blob-kill-writer.ts')
})
afterAll(() => fs.rmSync(dirname(file), { recursive: true, force: true }))

interface Writer {
  readonly order: (order: KillOrder) => void
  /** Resolves when it has printed that many lines that start so. */
  readonly printed: (start: string, count: number) => Promise<void>
  /** Kills it and gives the ticks that it acknowledged, in each directory. */
  readonly kill: () => Promise<readonly number[][]>
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
    printed: (start, count) =>
      new Promise((resolve, reject) => {
        tell = () => (lines().filter(line => line.startsWith(start)).length >= count ? resolve() : undefined)
        tell()
        void gone.then(() => reject(new Error(`A writer ended by itself after ${lines().length} lines`)))
      }),
    async kill() {
      child.kill('SIGKILL')
      await gone
      const ticks: number[][] = ways.map(() => [])
      for (const line of lines().slice(1)) {
        const [number, tick] = line.split(' ').map(Number)
        ticks[number!]!.push(tick!)
      }
      return ticks
    },
  }
}

const ways: readonly DiskBlobStoreOptions[] = [
  { durability: 'process', maxBytes: 100_000_000 },
  { durability: 'power' },
  { durability: 'process', layout: 'diskblob' },
  { durability: 'power', contentAddressed: true, maxBytes: 100_000_000 },
]

/** One directory, through all kills. */
class Scene {
  readonly options: DiskBlobStoreOptions
  readonly dir: string
  /** The first tick that nobody was told to do yet. */
  tick = 1
  acknowledged = 0
  /** How often the tick that was under way was found done. */
  inFlight = 0
  // The tick that wrote what is under each key; `undefined` for none.
  readonly #known = new Map<string, number | undefined>()

  constructor(options: DiskBlobStoreOptions, dir: string) {
    this.options = options
    this.dir = dir
  }

  async lookAfter(acknowledged: readonly number[]): Promise<void> {
    expect(acknowledged).toEqual(acknowledged.map((_, i) => this.tick + i))
    for (const each of acknowledged) this.#known.set(keyOf(each), isDelete(each) ? undefined : each)
    this.acknowledged += acknowledged.length
    const underWay = this.tick + acknowledged.length
    this.tick = underWay + 1
    if (await lookAfter(this.dir, this.options, this.#known, underWay)) this.inFlight++
  }
}

// Every process is killed while it writes in four directories, so these are 400 kills of a writer.
it(`B21 writers killed at random moments; COLDSNAP_SEED=${seed}`, async () => {
  const root = scratch()
  const random = randomFrom(seed)
  const kills = runs(100)
  const scenes = ways.map((options, i) => new Scene(options, join(root, `blobs ${i}`)))
  const waiting = [startWriter(), startWriter()]
  for (let i = 0; i < kills; i++) {
    const writer = waiting.shift()!
    await writer.printed('ready', 1)
    if (i + 2 < kills) waiting.push(startWriter())
    writer.order(scenes.map(({ dir, options, tick }) => ({ dir, options, tick })))
    if (random() < 0.9) await writer.printed(`${i % ways.length} `, 1 + Math.floor(random() * 5))
    await new Promise(resolve => setTimeout(resolve, random() * 6))
    const acknowledged = await writer.kill()
    for (const [number, scene] of scenes.entries()) await scene.lookAfter(acknowledged[number]!)
  }
  for (const { options, acknowledged, inFlight } of scenes) {
    console.log(`${JSON.stringify(options)}: ${JSON.stringify({ acknowledged, inFlight })}`)
    expect(acknowledged).toBeGreaterThan(kills / 2)
    expect(inFlight).toBeGreaterThan(0)
  }
}, 300_000)

// Whether what was under way was found done. Anything that is neither old nor new fails.
async function lookAfter(
  dir: string,
  options: DiskBlobStoreOptions,
  known: Map<string, number | undefined>,
  underWay: number,
): Promise<boolean> {
  const problems: unknown[] = []
  const onProblem = (problem: unknown): void => void problems.push(problem)
  await using store = await DiskBlobStore.open(dir, { ...options, durability: 'process', onProblem })
  let isDone = false
  const sizes = new Map<string, number>()
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
    // Equal ones count once where they are stored once.
    if (found !== undefined) sizes.set(options.contentAddressed === true ? found.meta.etag : key, found.meta.size)
  }
  const keys = killKeys.filter(key => known.get(key) !== undefined)
  expect((await listed(store, killNamespace)).map(({ key }) => key)).toEqual(keys)
  expect(problems).toEqual([])
  // A sidecar that was ready before its data had a name is no litter: the next put or delete of the key takes it away.
  const [intents, litter] = [/(?:^|\/)intents\//, litterIn(dir)]
  expect(litter.filter(name => !intents.test(name))).toEqual([])
  expect(litter.length).toBeLessThanOrEqual(killKeys.length - keys.length)
  // What is counted is never less than what is there.
  const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0)
  if (options.maxBytes !== undefined) expect((await store.describe()).bytes ?? Infinity).toBeGreaterThanOrEqual(bytes)
  if (options.contentAddressed === true)
    expect(await bodyCensus(store, [killNamespace])).toEqual({ wrong: [], copies: 0 })
  return isDone
}
