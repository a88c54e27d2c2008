import { describe, it } from 'vitest'
import { testAesGcm } from './keys-for-tests.ts'
import { Model } from './model.ts'
import { randomFrom, runs, seed } from './runs.ts'
import { useSmallLimits } from './small-limits.ts'

useSmallLimits()

const ways = [
  ['default', {}],
  ['immutable', { immutable: true }],
  ['cbor', { codec: 'cbor' }],
  ['compressed, immutable', { compress: true, immutable: true }],
  ['encrypted', { codec: testAesGcm() }],
] as const

describe('random lives of a cache against plain values', () => {
  for (const [title, options] of ways) {
    for (const batched of [false, true]) {
      it(`${title}, ${batched ? 'with' : 'without'} batch; COLDSNAP_SEED=${seed}`, async () => {
        for (let i = 0; i < runs(30); i++) {
          const model = new Model(randomFrom(seed + i), options, batched)
          try {
            await model.run(30)
          } catch (error) {
            throw new Error(`Seed ${seed + i}:\n${model.log.slice(-40).join('\n')}`, { cause: error })
          }
        }
      })
    }
  }
})
