import { expect, it } from 'vitest'
import type { DiskBlobStore } from '../../../src/blob/disk/disk-blob-store.ts'
import { BlobDisk, type BlobProcess } from './blob-disk.ts'
import { type BlobConfig, type BlobId, blobIds, bodyOf, fieldsOf, idOf, type Tick } from './blob-life.ts'
import { nowMs } from './blob-steps.ts'
import { recoverBlobs } from './recover-blobs.ts'

type Act = (store: DiskBlobStore) => Promise<unknown>

const [half, other] = blobIds as [BlobId, BlobId]
const config: BlobConfig = { layout: 'diskblob', durability: 'power' }
const putting = ({ namespace, key }: BlobId, tick: Tick): Act => {
  return store => store.put(namespace, key, bodyOf(tick), fieldsOf(tick))
}

const befores: readonly (readonly [name: string, before: Tick | undefined])[] = [
  ['none', undefined],
  ['another', 1],
]
const removals: readonly (readonly [title: string, removal: Act, config: BlobConfig])[] = [
  ['delete', store => store.delete(half.namespace, half.key), config],
  ['delete of the namespace', store => store.deleteNamespace(half.namespace), config],
  ['eviction', putting(other, 5), { ...config, maxCount: 1 }],
]
const cases = removals.flatMap(([title, removal, given]) =>
  befores.map(([name, before]) => ({ title, name, removal, given, before })),
)

// The drawn lives of the machine come by few of these.
it.each(cases)('$title of a put over $name: both are killed, and it looks like no damage', async scene => {
  const { removal, given, before } = scene
  const makeDisk = async (): Promise<BlobDisk> => {
    const disk = new BlobDisk(given, undefined, system => system)
    if (before !== undefined) await kill(disk.process(), putting(half, before))
    return disk
  }
  const whole = await makeDisk()
  const begin = whole.length
  await kill(whole.process(), putting(half, 4))
  const all = whole.length - begin
  let crashes = 0
  // Files get their names in the second half.
  for (let putOps = all >> 1; putOps <= all; putOps++) {
    for (let ops = 0, isRemoved = false; !isRemoved; ops++, crashes++) {
      const disk = await makeDisk()
      await kill(disk.process(), putting(half, 4), putOps)
      isRemoved = await kill(disk.process(), removal, ops)
      // What comes next deletes, and puts, under each name in turn.
      const { seen, problems, failure } = await recoverBlobs(disk, crashes, 4)
      const at = `killed after ${putOps} and ${ops} operations`
      expect({ at, problems, failure }).toEqual({ at, problems: [], failure: undefined })
      const found = seen.filter(([id]) => id === idOf(half)).map(([, tick]) => tick)
      expect([before, 4, undefined], at).toEqual(expect.arrayContaining(found))
    }
  }
  expect(crashes).toBeGreaterThan(30)
})

it('deleteNamespace counts a put that was cut off where get would still complete it', async () => {
  const whole = new BlobDisk(config, undefined, system => system)
  await kill(whole.process(), putting(half, 4))
  const counts = new Set<string>()
  for (let putOps = 0; putOps <= whole.length; putOps++) {
    const disks = [1, 2].map(() => new BlobDisk(config, undefined, system => system))
    for (const disk of disks) await kill(disk.process(), putting(half, 4), putOps)
    const [reader, remover] = await Promise.all(disks.map(disk => disk.process().open(() => nowMs, [])))
    const isThere = (await reader!.get(half.namespace, half.key)) !== undefined
    const count = await remover!.deleteNamespace(half.namespace)
    expect(count, `killed after ${putOps} operations`).toBe(isThere ? 1 : 0)
    counts.add(`${isThere}`)
  }
  expect(counts.size).toBe(2)
})

// Whether it came to its end before.
async function kill(process: BlobProcess, act: Act, operations = Number.POSITIVE_INFINITY): Promise<boolean> {
  const store = await process.open(() => nowMs, [])
  process.killAfter(operations)
  return await Promise.race([act(store).then(() => true), process.killed.then(() => false)])
}
