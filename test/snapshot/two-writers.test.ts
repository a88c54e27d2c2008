import { describe, expect, it } from 'vitest'
import type { SnapshotCacheOptions } from '../../src/snapshot/snapshot-options.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { Scheduler } from '../helpers/scheduled-store.ts'
import { type AppState, makePeer, makeState, openApp } from './app-state.ts'
import { expectTidy } from './expect-whole.ts'
import { randomFrom, runs, seed } from './runs.ts'
import { useSmallLimits } from './small-limits.ts'

useSmallLimits()

/** Everything in the state names who stored it and when: no mix of two can pass for whole. */
function stamped(writer: number, turn: number): AppState {
  const state = makeState(writer * 1000 + turn, 6)
  // Some peers change at every turn, so that there are bases, deltas and new bases.
  state.peers![turn % 6]!.name = `w${writer}-t${turn}-${'z'.repeat(80)}`
  if (turn % 3 === 2) state.peers = state.peers!.slice(turn % 5)
  return state
}

/** Whether all of `state` is of one store() call. */
function isOfOneCall(state: AppState): boolean {
  const tick = state.self.tick
  const wanted = stamped(Math.floor(tick / 1000), tick % 1000)
  try {
    expect(state).toStrictEqual(wanted)
    return true
  } catch {
    return false
  }
}

const ways: [string, SnapshotCacheOptions<AppState>, boolean][] = [
  ['four methods', {}, false],
  ['four methods, immutable', { immutable: true }, false],
  ['batch', {}, true],
]

describe('two writers on a store without a lock, and a reader', () => {
  for (const [title, options, batched] of ways) {
    it(`every load is whole, whoever wins: ${title}; COLDSNAP_SEED=${seed}`, async () => {
      let loads = 0
      for (let i = 0; i < runs(25); i++) {
        const disk = new MemoryStore()
        const scheduler = new Scheduler(randomFrom(seed + i))
        const caches = [1, 2].map(() => openApp(scheduler.store(disk, batched), options))
        let isOver = false
        const writing = caches.map(async (cache, writer) => {
          for (let turn = 0; turn < 8; turn++) {
            const { sweepError } = await cache.store(stamped(writer + 1, turn))
            expect(sweepError).toBeUndefined()
          }
        })
        const reading = async (): Promise<void> => {
          const reader = openApp(scheduler.store(disk, batched), options)
          let hasStored = false
          while (!isOver) {
            const snapshot = await reader.load()
            loads++
            if (hasStored) expect(snapshot, `seed ${seed + i}: nothing left`).toBeDefined()
            if (snapshot === undefined) continue
            hasStored = true
            expect(isOfOneCall(snapshot.state), `seed ${seed + i}: a mix`).toBe(true)
          }
        }
        const readers = reading()
        await Promise.all(writing)
        isOver = true
        await readers
        const last = (await openApp(disk, options).load())!
        expect(isOfOneCall(last.state), `seed ${seed + i}`).toBe(true)
        // Both go on, one after the other: each finds what the other left and clears up behind it.
        for (const [writer, cache] of caches.entries()) {
          await cache.store(stamped(writer + 1, 20))
          expect((await openApp(disk, options).load())?.state).toStrictEqual(stamped(writer + 1, 20))
          await cache.store(stamped(writer + 1, 21))
          await expectTidy(disk, `seed ${seed + i}, writer ${writer}`, options)
        }
      }
      expect(loads).toBeGreaterThan(runs(25) * 4)
    })

    it(`partial writes build on what is there: ${title}; COLDSNAP_SEED=${seed}`, async () => {
      for (let i = 0; i < runs(15); i++) {
        const disk = new MemoryStore()
        await openApp(disk, options).store(makeState(0, 4))
        const scheduler = new Scheduler(randomFrom(seed + i))
        const caches = [1, 2].map(() => openApp(scheduler.store(disk, batched), options))
        await Promise.all(
          caches.map(async (cache, writer) => {
            for (let turn = 0; turn < 6; turn++) {
              const peer = makePeer(100 + writer, { name: `w${writer}-t${turn}` })
              if (turn % 2 === 0) await cache.patch('peers', { set: [peer] })
              else await cache.update({ self: { name: `w${writer}`, tick: turn } })
            }
          }),
        )
        const { state, report } = (await openApp(disk, options).load())!
        const { peers, self, ...rest } = state
        const { peers: oldPeers, self: _, ...oldRest } = makeState(0, 4)
        expect(rest, `seed ${seed + i}`).toStrictEqual(oldRest)
        expect(peers!.slice(0, 4), `seed ${seed + i}`).toStrictEqual(oldPeers)
        for (const peer of peers!.slice(4)) expect(peer.name).toMatch(/^w[01]-t[024]$/)
        expect(self.name).toMatch(/^(me|w[01])$/)
        expect(report.problems.filter(problem => problem.code !== 'SEGMENT_MISSING')).toEqual([])
      }
    })
  }
})

describe('a sweep', () => {
  it('spares what a newer head of another writer names', async () => {
    const disk = new MemoryStore()
    const slow = openApp(disk)
    await slow.store(makeState(1))
    // Another process goes on; this one still believes in what it wrote.
    const other = openApp(disk)
    for (let tick = 2; tick < 6; tick++) await other.store(makeState(tick, 400))
    await slow.store(makeState(9, 300))
    expect((await openApp(disk).load())?.state).toStrictEqual(makeState(9, 300))
    const { whole } = await openApp(disk).verify()
    expect(whole).toEqual([6, 5])
  })
})
