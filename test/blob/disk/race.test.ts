import { execFile } from 'node:child_process'
import fs from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { DiskBlobStore, type DiskBlobStoreOptions } from '../../../src/blob/disk/disk-blob-store.ts'
import { listed } from '../../../src/contract/blob-samples.ts'
import { bundle } from '../../helpers/bundle.ts'
import { runs, seed } from '../../snapshot/runs.ts'
import { scratch } from '../../store/scratch.ts'
import { bodyCensus, litterIn } from './disk-handle.ts'

let file = ''
beforeAll(async () => {
  file = await bundle('test/faults/blob-race-worker.ts')
})
afterAll(() => fs.rmSync(dirname(file), { recursive: true, force: true }))

interface Counts {
  readonly puts: number
  readonly reads: number
  readonly lists: number
  readonly increments: number
  readonly torn: number
  readonly problems: number
  readonly errors: readonly string[]
}

// COLDSNAP_RUNS=10 for half a minute.
const runMs = 3000

const ways: readonly DiskBlobStoreOptions[] = [
  { durability: 'process' },
  { durability: 'process', maxBytes: 1_000_000 },
  { durability: 'process', layout: 'diskblob' },
  { durability: 'process', contentAddressed: true },
  { durability: 'process', contentAddressed: true, maxBytes: 1_000_000 },
]

it.each(ways)(
  `B19 B20 B25 two processes put, read, delete and list at once, %j; COLDSNAP_SEED=${seed}`,
  async options => {
    const dir = join(scratch(), 'blobs')
    const run = async (number: number): Promise<Counts> => {
      const order = JSON.stringify({ dir, options, seed: seed + number, runMs: runs(runMs) })
      const { stdout } = await promisify(execFile)(process.execPath, [file, order])
      return JSON.parse(stdout) as Counts
    }
    const all = await Promise.all([run(1), run(2)])
    console.log(`${JSON.stringify(options)}: ${JSON.stringify(all)}`)
    for (const counts of all) {
      expect(counts).toMatchObject({ torn: 0, problems: 0, errors: [] })
      expect(Math.min(counts.puts, counts.reads, counts.lists, counts.increments)).toBeGreaterThan(0)
    }
    await using store = await DiskBlobStore.open(dir, options)
    // Every increment that was reported counts: none was lost to one of the other process.
    const counter = await store.get('count', 'counter')
    const wanted = all.reduce((sum, { increments }) => sum + increments, 0)
    if (options.maxBytes === undefined) expect(Number(Buffer.from(counter!.bytes).toString())).toBe(wanted)
    const sizes = new Map([[counter?.meta.etag ?? '', counter?.meta.size ?? 0]])
    for (const { key, meta } of await listed(store, 'race')) {
      expect((await store.get('race', key))?.meta).toStrictEqual(meta)
      sizes.set(options.contentAddressed === true ? meta.etag : `key ${key}`, meta.size)
    }
    const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0)
    // Two that put and removed equal ones at the same moment may have stored one twice.
    if (options.contentAddressed === true) expect((await bodyCensus(store, ['race', 'count'])).wrong).toEqual([])
    if (options.maxBytes !== undefined) {
      expect(bytes).toBeLessThanOrEqual(options.maxBytes)
      expect(await store.describe()).toMatchObject({ bytes })
    }
    expect(litterIn(dir)).toEqual([])
  },
  120_000,
)
