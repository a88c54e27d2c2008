import { expect, it } from 'vitest'
import type { DiskBlobStore } from '../../../src/blob/disk/disk-blob-store.ts'
import { Random } from '../random.ts'
import { BlobDisk } from './blob-disk.ts'
import { type BlobConfig, type BlobId, blobIds, bodyOf, etagOf, fieldsOf, idOf, type Tick } from './blob-life.ts'
import { nowMs } from './blob-steps.ts'
import { readBlobs } from './recover-blobs.ts'

type Act = (store: DiskBlobStore) => Promise<unknown>

interface Scene {
  /** Done by the process that acts, before the other one. Without it, blob 1 is put. */
  readonly before?: Act
  /** Killed after each of its operations. */
  readonly dying: Act
  /** What may be there, and what comes of it. */
  readonly half: readonly (Tick | undefined)[]
  /** What comes next, in another process. */
  readonly act: Act
  /** What must be there when that has resolved. */
  readonly wanted: readonly (Tick | undefined)[]
}

const [id] = blobIds as [BlobId]
const put = (tick: Tick): Act => {
  return store => store.put(id.namespace, id.key, bodyOf(tick), fieldsOf(tick))
}
const get: Act = store => store.get(id.namespace, id.key)
const remove: Act = store => store.delete(id.namespace, id.key)
const removeMeant: Act = store => store.delete(id.namespace, id.key, { ifMatch: etagOf(1) })
const sweep: Act = store => store.sweep(id.namespace)

const scenes: Readonly<Record<string, Scene>> = {
  'put, get': { dying: put(4), half: [1, 4], act: get, wanted: [1, 4] },
  'put, sweep': { dying: put(4), half: [1, 4], act: sweep, wanted: [1, 4] },
  'put, put': { dying: put(4), half: [1, 4], act: put(5), wanted: [5] },
  'put, delete': { dying: put(4), half: [1, 4], act: remove, wanted: [undefined] },
  // What is not there is not flushed for good.
  'delete of nothing, put, put': { before: remove, dying: put(4), half: [undefined, 4], act: put(5), wanted: [5] },
  'delete, get': { dying: remove, half: [1, undefined], act: get, wanted: [1, undefined] },
  'delete, put': { dying: remove, half: [1, undefined], act: put(5), wanted: [5] },
  'delete, delete': { dying: remove, half: [1, undefined], act: remove, wanted: [undefined] },
  'delete, conditional delete': { dying: remove, half: [1, undefined], act: removeMeant, wanted: [undefined] },
}
const cases = (['native', 'diskblob'] as const).flatMap(layout => {
  return Object.entries(scenes).map(([title, scene]) => ({ title, layout, ...scene }))
})

// What a process flushed when it was opened is not what another one wrote since.
it.each(cases)('$title; $layout: the first is killed, the second was open before, then power fails', async scene => {
  const { layout, half, wanted } = scene
  const config: BlobConfig = { layout, durability: 'power' }
  const whole = await lived(config, scene, Number.POSITIVE_INFINITY)
  const random = new Random(1, 1)
  let crashes = 0
  for (let operations = 1; operations <= whole.dyingOperations; operations++) {
    const { disk, begin } = await lived(config, scene, operations)
    const replay = disk.replay()
    for (let done = begin; done <= disk.length; done++) {
      for (const { model, image } of replay.at(done, random, 12)) {
        const again = await image
          .boot(random)(model !== 'killed')
          .process()
          .open(() => nowMs, [])
        const { found } = await readBlobs(again, crashes++)
        const at = `killed after ${operations} operations, ${model} crash ${done - begin} operations later`
        expect(done === disk.length ? wanted : [...half, ...wanted], at).toContain(found.get(idOf(id)))
        await again.close()
      }
    }
  }
  expect(crashes).toBeGreaterThan(10)
})

async function lived(config: BlobConfig, { before = put(1), dying, act }: Scene, operations: number) {
  const disk = new BlobDisk(config, undefined, system => system)
  const store = await disk.process().open(() => nowMs, [])
  await before(store)
  const process = disk.process()
  const other = await process.open(() => nowMs, [])
  const begun = disk.length
  process.killAfter(operations)
  await Promise.race([dying(other), process.killed])
  const begin = disk.length
  await act(store)
  return { disk, begin, dyingOperations: begin - begun }
}
