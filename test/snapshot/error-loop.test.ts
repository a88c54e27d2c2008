import { describe, expect, it } from 'vitest'
import type { SnapshotCacheOptions } from '../../src/snapshot/snapshot-options.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { bareStore } from '../helpers/bare-store.ts'
import { failingStore, Injected } from '../helpers/failing-store.ts'
import { forgetfulStore } from '../helpers/forgetful-store.ts'
import { type AppState, makeState, openApp } from './app-state.ts'
import { expectTidy, expectWhole, indexOfState } from './expect-whole.ts'
import { useSmallLimits } from './small-limits.ts'
import { makeWorkload } from './workload.ts'

useSmallLimits()

const ways: [string, SnapshotCacheOptions<AppState>, boolean][] = [
  ['four methods', {}, false],
  ['four methods, immutable', { immutable: true }, false],
  ['batch, immutable', { immutable: true }, true],
]

describe('a store that fails', () => {
  for (const [title, options, batched] of ways) {
    for (const when of ['before', 'after'] as const) {
      it(`once, ${when} call 1, 2, 3, ...; ${title}: the caller hears of it and the next store is right`, async () => {
        for (let failAt = 1; ; failAt++) {
          const disk = new MemoryStore()
          const failing = failingStore(disk, failAt, when, false, batched)
          const cache = openApp(failing.store, options)
          let state: AppState | undefined
          for (const step of makeWorkload()) {
            const at = `call ${failAt} failed ${when}, in "${step.title}"`
            const next = step.next(state)
            try {
              await step.run(cache, state)
              state = next
            } catch (error) {
              expect(error, at).toBeInstanceOf(Injected)
              const found = (await openApp(disk, options).load())?.state
              expect(indexOfState([state, next], found), at).toBeGreaterThanOrEqual(0)
              state = found
            }
            expect((await openApp(disk, options).load())?.state, at).toStrictEqual(state)
          }
          const isThrough = failing.calls() < failAt
          failing.heal()
          const last = makeState(55, 7)
          await cache.store(last)
          expect((await openApp(disk, options).load())?.state).toStrictEqual(last)
          await expectTidy(batched ? disk : bareStore(disk), `after call ${failAt} failed ${when}`, options)
          if (isThrough) break
        }
      })
    }

    it(`for good, from call 1, 2, 3, ...; ${title}: nothing is lost, and it works again when the store does`, async () => {
      for (let failAt = 1; ; failAt++) {
        const disk = new MemoryStore()
        const failing = failingStore(disk, failAt, failAt % 2 === 0 ? 'before' : 'after', true, batched)
        const cache = openApp(failing.store, options)
        let state: AppState | undefined
        let allowed: (AppState | undefined)[] = []
        for (const step of makeWorkload()) {
          const next = step.next(state)
          allowed = [state, next]
          try {
            await step.run(cache, state)
            state = next
          } catch (error) {
            expect(error).toBeInstanceOf(Injected)
            break
          }
        }
        const isThrough = failing.calls() < failAt
        failing.heal()
        const found = (await cache.load())?.state
        expect(indexOfState(allowed, found), `failing from call ${failAt}`).toBeGreaterThanOrEqual(0)
        if (found !== undefined) {
          await cache.patch('users', { set: { zoe: { login: 'zoe', seen: 1 } } })
          const users = { ...found.users, zoe: { login: 'zoe', seen: 1 } }
          expect((await openApp(disk, options).load())?.state).toStrictEqual({ ...found, users })
        }
        await cache.store(makeState(56, 3))
        expect((await openApp(disk, options).load())?.state).toStrictEqual(makeState(56, 3))
        await expectTidy(disk, `failing from call ${failAt}`, options)
        if (isThrough) break
      }
    })
  }
})

describe('a store that lies', () => {
  for (const [title, options, batched] of ways) {
    it(`about write 1, 2, 3, ...; ${title}: a load is a state that was stored, and the next store is right`, async () => {
      for (let lieAt = 1; ; lieAt++) {
        const disk = new MemoryStore()
        const lying = forgetfulStore(disk, lieAt, batched)
        const cache = openApp(lying.store, options)
        let states: (AppState | undefined)[] = [undefined]
        for (const step of makeWorkload()) {
          const at = `write ${lieAt} was forgotten, now "${step.title}"`
          // What is there is either what should be, or, right after the lie, what was there before.
          const found = (await openApp(disk, options).load())?.state
          expect(indexOfState(states, found), at).toBeGreaterThanOrEqual(0)
          const isMissing = found === undefined && states.at(-1) !== undefined
          if (isMissing) await cache.store(makeState(1, 30))
          const state = isMissing ? makeState(1, 30) : found
          await step.run(cache, state).catch(error => {
            // A patch may find that its ground is gone.
            expect(error, at).toMatchObject({ name: 'CacheError' })
          })
          states = [step.next(state), state, ...states.slice(0, 2)]
        }
        const isThrough = lying.writes() < lieAt
        await expectWhole(batched ? disk : bareStore(disk), states, `write ${lieAt} was forgotten`, options)
        if (isThrough) break
      }
    })
  }
})
