import { describe, expect, it } from 'vitest'
import type { Report } from '../../src/snapshot/report.ts'
import type { SnapshotCacheOptions } from '../../src/snapshot/snapshot-options.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import type { Store } from '../../src/store/store.ts'
import { bareStore } from '../helpers/bare-store.ts'
import { type AppState, contents, makeState, openApp, putBack } from './app-state.ts'
import { expectTidy, indexOfState } from './expect-whole.ts'
import { testAesGcm } from './keys-for-tests.ts'
import { randomFrom, runs, seed } from './runs.ts'
import { useSmallLimits } from './small-limits.ts'

useSmallLimits()

const ways: [string, SnapshotCacheOptions<AppState>][] = [
  ['as it is', {}],
  ['cbor', { codec: 'cbor' }],
  ['compressed', { compress: true }],
  ['encrypted', { codec: testAesGcm() }],
]

const allBits = [1, 2, 4, 8, 16, 32, 64, 128]

/** A disk with two generations, the states of which are in `states`, the newest first. */
async function makeDisk(options: SnapshotCacheOptions<AppState>): Promise<{ disk: Store; states: AppState[] }> {
  const disk = new MemoryStore()
  const cache = openApp(disk, options)
  const first = makeState(1, 3)
  await cache.store(makeState(0, 3))
  await cache.store(first)
  const second = structuredClone(first)
  second.peers![1]!.name = 'changed '.repeat(64)
  second.dns = ['1.1.1.1']
  await cache.store(second)
  return { disk, states: [second, first] }
}

async function expectFaultFound(disk: Store, options: SnapshotCacheOptions<AppState>, note: string): Promise<void> {
  const { problems, unused } = await openApp(disk, options).verify()
  expect(problems.length + unused.length, `${note}: not detected`).toBeGreaterThan(0)
}

/**
 * Loads in a new process: one of `states` or nothing, and never less than the newest without a report. If the newest is
 * whole, then verify() finds what is wrong with the rest.
 */
async function expectDetected(
  disk: Store,
  options: SnapshotCacheOptions<AppState>,
  states: readonly AppState[],
  note: string,
): Promise<number> {
  const { found, reports } = await expectHonest(disk, options, states, note)
  if (reports.length === 0) await expectFaultFound(disk, options, note)
  return found
}

/** Loads in a new process: one of `states` or nothing, and never less than the newest without a report. */
async function expectHonest(
  disk: Store,
  options: SnapshotCacheOptions<AppState>,
  states: readonly AppState[],
  note: string,
): Promise<{ found: number; reports: Report[] }> {
  const reports: Report[] = []
  const onReport = (report: Report): number => reports.push(report)
  const snapshot = await openApp(disk, { ...options, onReport }).load()
  const found = snapshot === undefined ? states.length : indexOfState(states, snapshot.state)
  expect(found, `${note}: a wrong value`).toBeGreaterThanOrEqual(0)
  if (found > 0) expect(reports.flatMap(report => report.problems).length, `${note}: no report`).toBeGreaterThan(0)
  if (snapshot !== undefined && found > 0) expect(snapshot.report.fallback, note).toBe(true)
  return { found, reports }
}

for (const [title, options] of ways) {
  describe(`damage to two generations, ${title}`, () => {
    // Every bit of the first way; of the others one bit of every byte, or when there is time every bit as well.
    const isThorough = options === ways[0]![1] || runs(1) > 1
    it(`${isThorough ? 'every bit' : 'a bit of every byte'} of every value flipped, COLDSNAP_SEED=${seed}`, async () => {
      const { disk, states } = await makeDisk(options)
      const random = randomFrom(seed)
      for (const [key, value] of await contents(disk)) {
        for (let i = 0; i < value.byteLength; i++) {
          for (const bit of isThorough ? allBits : [allBits[Math.floor(random() * 8)]!]) {
            const changed = value.slice()
            changed[i]! ^= bit
            await disk.store(key, changed)
            const found = await expectDetected(disk, options, states, `${key} byte ${i} xor ${bit}`)
            expect(found, `${key} byte ${i} xor ${bit}: nothing was left`).toBeLessThanOrEqual(
              1 + Number(/dns|peers/.test(key)),
            )
          }
        }
        await disk.store(key, value)
      }
    }, 600_000)

    it('every bit of every key flipped', async () => {
      const { disk, states } = await makeDisk(options)
      const encoder = new TextEncoder()
      for (const [key, value] of await contents(disk)) {
        await disk.remove(key)
        for (let i = 0; i < key.length; i++) {
          for (const bit of allBits) {
            const bytes = encoder.encode(key)
            bytes[i]! ^= bit
            const moved = new TextDecoder().decode(bytes)
            await disk.store(moved, value)
            const note = `${key} at ${moved}`
            const reports: Report[] = []
            const onReport = (report: Report): number => reports.push(report)
            const state = (await openApp(disk, { ...options, onReport }).load())?.state
            expect(indexOfState([...states, undefined], state), `${note}: a wrong value`).toBeGreaterThanOrEqual(0)
            // A head that is gone from all keys of heads leaves no trace: nobody can tell.
            const isGone = key.includes('/@head/') && !/^app\/@head\/[0-9a-f]{12}-[0-9a-f]{16}$/.test(moved)
            if (reports.length === 0 && !isGone) await expectFaultFound(disk, options, note)
            await disk.remove(moved)
          }
        }
        await disk.store(key, value)
      }
    })

    it('every value cut at every length, emptied, made longer, removed', async () => {
      const { disk, states } = await makeDisk(options)
      for (const [key, value] of await contents(disk)) {
        for (let length = 0; length < value.byteLength; length++) {
          await disk.store(key, value.slice(0, length))
          await expectDetected(disk, options, states, `${key} cut to ${length}`)
        }
        await disk.store(key, new Uint8Array([...value, 0]))
        await expectDetected(disk, options, states, `${key} longer`)
        await disk.remove(key)
        const { found } = await expectHonest(disk, options, states.slice(), `${key} removed`).catch(error => {
          // A head that is gone without a trace is the one thing that nobody can tell.
          if (key.includes('/@head/')) return { found: 1 }
          throw error
        })
        expect(found).toBeLessThanOrEqual(states.length)
        await disk.store(key, value)
      }
    })

    it('every value put in the place of every other', async () => {
      const { disk, states } = await makeDisk(options)
      const all = await contents(disk)
      for (const [key, value] of all) {
        for (const [other, otherValue] of all) {
          if (key === other) continue
          await disk.store(key, otherValue)
          await expectDetected(disk, options, states, `${other} at ${key}`)
          await disk.store(other, value)
          await expectDetected(disk, options, states, `${other} and ${key} swapped`)
          await putBack(disk, all)
        }
      }
    })

    it(`garbage of the same length, seed ${seed}; the next store heals`, async () => {
      const { disk, states } = await makeDisk(options)
      const all = await contents(disk)
      const random = randomFrom(seed)
      for (const [key, value] of all) {
        const garbage = value.map(() => Math.floor(random() * 256))
        await disk.store(key, garbage)
        await expectHonest(disk, options, states, `${key} is garbage`)
        const cache = openApp(disk, options)
        await cache.load()
        const next = structuredClone(states[0]!)
        next.self.tick++
        await cache.store(next)
        expect((await openApp(disk, options).load())?.state, key).toStrictEqual(next)
        await cache.store(makeState(5))
        await expectTidy(bareStore(disk), `after garbage at ${key}`, options)
        await putBack(disk, all)
      }
    })

    it('old heads put back', async () => {
      const disk = new MemoryStore()
      const cache = openApp(disk, options)
      const states: AppState[] = []
      const heads = new Map<string, Uint8Array>()
      for (let tick = 0; tick < 6; tick++) {
        const state = makeState(tick, 4)
        await cache.store(state)
        states.unshift(state)
        for (const [key, value] of await contents(disk)) if (key.includes('/@head/')) heads.set(key, value)
      }
      const all = await contents(disk)
      for (const [key, value] of heads) await disk.store(key, value)
      expect((await openApp(disk, options).load())?.state).toStrictEqual(states[0])
      for (const key of all.keys()) if (key.includes('/@head/')) await disk.remove(key)
      // A newest head that is gone without a trace is the one thing that nobody can tell; what is found is whole.
      const left = await openApp(disk, options).load()
      expect(indexOfState([undefined, ...states], left?.state)).toBeGreaterThanOrEqual(0)
      const [oldest] = heads
      for (const key of heads.keys()) await disk.remove(key)
      for (const key of heads.keys()) {
        if (key === oldest![0]) continue
        await disk.store(key, oldest![1])
        const { reports } = await expectHonest(disk, options, states, `the oldest head at ${key}`)
        expect(reports[0]?.problems[0]).toMatchObject({ key })
        await disk.remove(key)
      }
    })
  })
}

describe('strangers under the keys of a cache', () => {
  it('are ignored, or reported, and never make a load throw', async () => {
    const { disk, states } = await makeDisk({})
    const all = await contents(disk)
    const [head] = [...all.keys()].filter(key => key.includes('/@head/'))
    const id = head!.slice('app/@head/'.length)
    const names = [
      'app/@head/',
      'app/@head/zzzzzzzzzzzz-0000000000000000',
      'app/@head/000000000001-00000000000000000',
      `app/@head/${id}.1`,
      `app/@head/${id.toUpperCase()}X`,
      `app/@try/${id}.1`,
      'app/@try/nonsense',
      'app/@other/000000000001-0000000000000000',
      'app/peers',
      'app/peers/',
      'app/pe ers/000000000001-0000000000000000',
      'app/peers/x/000000000001-0000000000000000',
      'app/peers/000000000001-0000000000000000.0',
      'app/__proto__/000000000001-0000000000000000',
      'app/.DS_Store',
      'application/@head/000000000009-0000000000000000',
      'app',
    ]
    for (const name of names) {
      for (const value of [new Uint8Array(0), new Uint8Array(40).fill(255), all.get(head!)!]) {
        await disk.store(name, value)
        const { found, reports } = await expectHonest(disk, {}, states, name)
        expect({ found, reports }, name).toEqual({ found: 0, reports: [] })
      }
    }
    await openApp(disk).store(makeState(9))
    expect((await openApp(disk).load())?.state).toStrictEqual(makeState(9))
    const left = [...(await contents(disk)).keys()]
    // What does not have the form of our keys is not ours to remove.
    for (const name of ['app/.DS_Store', 'app', 'app/peers', 'app/@other/000000000001-0000000000000000']) {
      expect(left).toContain(name)
    }
  })

  it('heads of garbage above the newest are reported, and stores go on above them', async () => {
    const { disk, states } = await makeDisk({})
    await disk.store('app/@head/000000001000-0123456789abcdef', new Uint8Array(60))
    const { found, reports } = await expectHonest(disk, {}, states, 'a planted head')
    expect(found).toBe(0)
    expect(reports[0]?.problems[0]?.code).toBe('HEAD_CORRUPT')
    const { generation } = await openApp(disk).store(makeState(9))
    expect(generation).toBe(0x1001)
    expect((await openApp(disk).load())?.report).toEqual({ problems: [], fallback: false })
    await openApp(disk).store(makeState(10))
    await expectTidy(bareStore(disk), 'after a planted head')
  })
})
