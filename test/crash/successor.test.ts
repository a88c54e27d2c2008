import { expect, it } from 'vitest'
import { SnapshotCache } from '../../src/snapshot/snapshot-cache.ts'
import { FileStore } from '../../src/store/file-store.ts'
import { DiskReplay } from './disk-replay.ts'
import { KillSwitch } from './kill-switch.ts'
import { diskPath, ModelDisk } from './model-disk.ts'
import { Random } from './random.ts'

interface State {
  readonly version: number
  readonly text: string
}

type Act = (cache: SnapshotCache<State>) => Promise<unknown>

interface Scene {
  /** Killed after each of its operations. */
  readonly dying: Act
  /** Versions, one of which may be there then. */
  readonly half: readonly (number | undefined)[]
  /** What the process does that starts afterwards. */
  readonly act: Act
  /** Versions, one of which must be there when that has resolved. */
  readonly wanted: readonly (number | undefined)[]
}

// Not so short that it rides in the head.
const version = (number: number): State => ({ version: number, text: `${number} `.repeat(5_000) })

const store = (number: number): Act => {
  return cache => cache.store(version(number))
}
const update: Act = cache => cache.update(version(2))
const load: Act = cache => cache.load()
const clear: Act = cache => cache.clear()
const loadAndStore: Act = async cache => [await cache.load(), await cache.store(version(2))]

// Version 1 was stored before.
const scenes: Readonly<Record<string, Scene>> = {
  'store, load': { dying: store(2), half: [1, 2], act: load, wanted: [1, 2] },
  'store, load and store of the same': { dying: store(2), half: [1, 2], act: loadAndStore, wanted: [2] },
  'store, store of the same': { dying: store(2), half: [1, 2], act: store(2), wanted: [2] },
  'store, store of the one before': { dying: store(2), half: [1, 2], act: store(1), wanted: [1] },
  'store, store of another': { dying: store(2), half: [1, 2], act: store(3), wanted: [3] },
  'store, update to the same': { dying: store(2), half: [1, 2], act: update, wanted: [2] },
  'store, clear': { dying: store(2), half: [1, 2], act: clear, wanted: [undefined] },
  'clear, load': { dying: clear, half: [1, undefined], act: load, wanted: [1, undefined] },
  'clear, store': { dying: clear, half: [1, undefined], act: store(2), wanted: [2] },
  'clear, clear': { dying: clear, half: [1, undefined], act: clear, wanted: [undefined] },
}

it.each(Object.entries(scenes))(
  '%s: the first is killed, the second is of the next process, then power fails',
  async (_, scene) => {
    const { half, wanted } = scene
    const random = new Random(1, 1)
    const length = (await lived(scene, Number.POSITIVE_INFINITY)).dyingOperations
    let crashes = 0
    for (let operations = 1; operations <= length; operations++) {
      const { disk, begin } = await lived(scene, operations)
      const replay = new DiskReplay(undefined, disk.log, { isDurable: true }, files => new ModelDisk(files, undefined))
      for (let done = begin; done <= disk.log.length; done++) {
        for (const { model, image } of replay.at(done, random, 12)) {
          const found = await (await open(image.boot())).load()
          const at = `killed after ${operations} operations, ${model} crash ${done - begin} operations later`
          expect(done === disk.log.length ? wanted : [...half, ...wanted], at).toContain(found?.state.version)
          if (found !== undefined) expect(found.state, at).toEqual(version(found.state.version))
          crashes++
        }
      }
    }
    expect(crashes).toBeGreaterThan(10)
  },
)

async function lived({ dying, act }: Scene, operations: number) {
  const disk = new ModelDisk(undefined, undefined)
  await store(1)(await open(disk))
  const killSwitch = new KillSwitch(disk)
  const first = await open(disk, killSwitch)
  const opened = disk.log.length
  killSwitch.killAfter(operations)
  await Promise.race([dying(first), killSwitch.killed])
  const begin = disk.log.length
  await act(await open(disk))
  return { disk, begin, dyingOperations: begin - opened }
}

// As its lock would make it: alone.
async function open(disk: ModelDisk, killSwitch?: KillSwitch) {
  const io = killSwitch?.layer(disk.system) ?? disk.system
  const files = await FileStore.open(diskPath, { lock: false, io })
  return new SnapshotCache<State>(Object.defineProperty(files, 'exclusive', { value: true }), { name: 'app' })
}
