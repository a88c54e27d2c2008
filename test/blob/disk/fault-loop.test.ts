import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DiskBlobStore, type DiskBlobStoreOptions } from '../../../src/blob/disk/disk-blob-store.ts'
import { blobKeys } from '../../../src/contract/blob-samples.ts'
import {
  expectTold,
  type FaultKind,
  FaultPlan,
  failedFlush,
  failsAfterwards,
  failsWith,
  falseWrite,
  refusesChanges,
  shortWrite,
} from '../../faults/operation-faults.ts'
import { withoutPauses } from '../../faults/without-pauses.ts'
import { scratch } from '../../store/scratch.ts'
import { litterIn } from './disk-handle.ts'

withoutPauses()

const kinds: readonly FaultKind[] = [
  failsWith('EIO', 'IO'),
  refusesChanges('EMFILE', 'IO'),
  refusesChanges('ENOSPC', 'STORE_FULL'),
  refusesChanges('EACCES', 'NO_ACCESS'),
  refusesChanges('EROFS', 'READ_ONLY'),
  failsAfterwards,
  shortWrite,
  falseWrite,
  failedFlush,
]

const oldBody = new Uint8Array(300).fill(1)
const small = new Uint8Array(200).fill(2)
const large = new Uint8Array(150_000).fill(3)

interface Scene {
  readonly title: string
  readonly run: (store: DiskBlobStore) => Promise<unknown>
  /** What may be found afterwards; the last is what a call that succeeded leaves. */
  readonly found: readonly (Uint8Array | undefined)[]
}

async function* pieces(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < large.byteLength; at += 50_000) yield large.slice(at, at + 50_000)
}

const scenes: readonly Scene[] = [
  { title: 'put', run: store => store.put('n', 'k', small, { metadata: { a: 'b' } }), found: [oldBody, small] },
  { title: 'putStream', run: store => store.putStream('n', 'k', pieces()), found: [oldBody, large] },
  { title: 'delete', run: store => store.delete('n', 'k'), found: [oldBody, undefined] },
]

// The calls that the ways have in common fail in the same way.
const kindsOf = (options: DiskBlobStoreOptions): readonly FaultKind[] =>
  options === ways[0] ? kinds : kinds.filter(({ code }) => code === 'EIO' || code === 'ENOSPC' || code === undefined)

const ways: readonly DiskBlobStoreOptions[] = [
  { durability: 'power' },
  { durability: 'process', maxBytes: 200_000 },
  { durability: 'power', layout: 'diskblob' },
  { durability: 'power', contentAddressed: true, maxBytes: 10_000_000 },
]

async function prepared(dir: string, options: DiskBlobStoreOptions): Promise<void> {
  fs.rmSync(dir, { recursive: true, force: true })
  await using store = await DiskBlobStore.open(dir, { ...options, durability: 'process' })
  await store.put('n', 'k', oldBody)
  await store.put('n', 'other', oldBody)
}

// In a word: comparing large arrays takes longer than all the rest.
function wordOf(body: Uint8Array | undefined): string {
  if (body === undefined) return 'none'
  return body.every(byte => byte === body[0]) ? `${body.byteLength} times ${body[0]}` : 'mixed'
}

async function bodyOf(store: DiskBlobStore, key: string): Promise<string> {
  return wordOf((await store.get('n', key))?.bytes)
}

/** Runs one scene with one fault; `false` once `failAt` is beyond its last call. */
async function runFault(
  dir: string,
  scene: Scene,
  options: DiskBlobStoreOptions,
  kind: FaultKind,
  failAt: number,
  forGood: boolean,
): Promise<boolean> {
  const at = `${kind.title} at call ${failAt}${forGood ? ' and from then on' : ''} of ${scene.title}`
  await prepared(dir, options)
  const plan = new FaultPlan(kind, failAt, forGood)
  const problems: unknown[] = []
  const given = { ...options, io: plan.system, onProblem: (problem: unknown): void => void problems.push(problem) }
  await using store = await DiskBlobStore.open(dir, given)
  plan.arm()
  const error: unknown = await scene.run(store).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  plan.heal()
  if (plan.hit === undefined) return false
  if (error !== undefined) expectTold(error, kind, at)
  const wanted = (error === undefined ? scene.found.slice(-1) : scene.found).map(wordOf)
  // By the store that failed and by a new one.
  await using other = await DiskBlobStore.open(dir, { ...options, durability: 'process' })
  for (const each of [store, other]) expect(wanted, at).toContain(await bodyOf(each, 'k'))
  expect(await bodyOf(other, 'other'), at).toBe(wordOf(oldBody))
  expect(problems, at).toEqual([])
  // And then everything works.
  await store.put('n', 'k', oldBody)
  await store.put('n', 'new', small)
  expect(await blobKeys(other, 'n'), at).toEqual(['k', 'new', 'other'])
  // What could not be removed when nothing could is removed once the process has ended.
  if (!forGood) expect(litterIn(dir), at).toEqual([])
  await store.close()
  expect(plan.opened, `${at}: descriptors`).toEqual(new Set())
  return true
}

describe.each(ways)('a file system that fails, %j', options => {
  it.each(kindsOf(options))(
    '$title at call 1, 2, 3, ...: old or new, a typed error, and no residue',
    async kind => {
      const dir = join(scratch(), 'blobs')
      let count = 0
      for (const scene of scenes) {
        for (const forGood of kind === kinds[0] && scene === scenes[1] ? [false, true] : [false]) {
          // Those that only differ in their code are tried at every third call.
          const step = kind.code === 'EIO' || kind.code === undefined || kind.code === 'ENOSPC' ? 1 : 3
          for (let failAt = 1; await runFault(dir, scene, options, kind, failAt, forGood); failAt += step) count++
        }
      }
      expect(count).toBeGreaterThanOrEqual(kind === failedFlush && options.durability === 'process' ? 0 : 1)
    },
    120_000,
  )
})

it.each(ways)('a file system that fails while the store reads: an error, never a miss, %j', async options => {
  const dir = join(scratch(), 'blobs')
  await prepared(dir, options)
  for (const kind of [failsWith('EIO', 'IO'), failsWith('EACCES', 'NO_ACCESS')]) {
    for (const read of [
      (store: DiskBlobStore) => bodyOf(store, 'k'),
      (store: DiskBlobStore) => store.head('n', 'k'),
      (store: DiskBlobStore) => blobKeys(store, 'n'),
    ]) {
      for (let failAt = 1; ; failAt++) {
        const plan = new FaultPlan(kind, failAt, false)
        await using store = await DiskBlobStore.open(dir, { ...options, io: plan.system })
        const wanted = await read(store)
        plan.arm()
        const found = await read(store).catch((error: unknown) => error)
        plan.heal()
        if (plan.hit === undefined) break
        if (found instanceof Error) expect(found).toMatchObject({ name: 'CacheError', code: kind.wanted })
        else expect(found).toEqual(wanted)
        await store.close()
        expect(plan.opened).toEqual(new Set())
      }
    }
  }
})
