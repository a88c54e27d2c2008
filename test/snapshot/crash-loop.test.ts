import { describe, expect, it } from 'vitest'
import type { SnapshotCacheOptions } from '../../src/snapshot/snapshot-options.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { bareStore } from '../helpers/bare-store.ts'
import { Dead, dyingStore } from '../helpers/dying-store.ts'
import { type AppState, openApp } from './app-state.ts'
import { expectWhole } from './expect-whole.ts'
import { testAesGcm } from './keys-for-tests.ts'
import { useSmallLimits } from './small-limits.ts'
import { makeWorkload } from './workload.ts'

useSmallLimits()

const ways: [string, SnapshotCacheOptions<AppState>, boolean][] = [
  ['four methods', {}, false],
  ['four methods, immutable', { immutable: true }, false],
  ['four methods, aesGcm and compress', { codec: testAesGcm(), compress: true }, false],
  ['batch', {}, true],
  ['batch, immutable, cbor', { immutable: true, codec: 'cbor' }, true],
]

describe('a process that dies', () => {
  for (const [title, options, batched] of ways) {
    for (const when of ['before', 'after', 'half'] as const) {
      it(`leaves the old or the new state, whole: ${when} write 1, 2, 3, ...; ${title}`, async () => {
        let crashes = 0
        for (let deathAt = 1; ; deathAt++) {
          const disk = new MemoryStore()
          const dying = dyingStore(disk, deathAt, when, batched)
          const cache = openApp(dying.store, options)
          let state: AppState | undefined
          let allowed: (AppState | undefined)[] = []
          let at = ''
          for (const step of makeWorkload()) {
            at = `death ${when} write ${deathAt}, in "${step.title}"`
            allowed = [state, step.next(state)]
            try {
              await step.run(cache, state)
              // What was acknowledged is not lost, also when the process dies in the sweep behind it.
              allowed = [step.next(state)]
            } catch (error) {
              expect(error, at).toBeInstanceOf(Dead)
            }
            if (dying.isDead()) break
            state = step.next(state)
          }
          if (!dying.isDead()) break
          crashes++
          await expectWhole(batched ? disk : bareStore(disk), allowed, at, options)
        }
        expect(crashes).toBeGreaterThan(batched ? 25 : 40)
      })
    }
  }
})
