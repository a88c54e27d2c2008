// A process of its own that gets one value from its own memory: says the microseconds of processor time of the best round.
import { GroupCache } from '../../../src/group/index.ts'
import { loadValue } from './bench-group.ts'
import { processorMicros } from './timing.ts'

const rounds = 8
const hits = 300_000

const group = new GroupCache().group('hits', { maxBytes: 1 << 20, load: loadValue })
await group.get('key-1')
let best = Number.POSITIVE_INFINITY
for (let round = 0; round < rounds; round++) {
  const micros = await processorMicros(async () => {
    for (let i = 0; i < hits; i++) await group.get('key-1')
  })
  best = Math.min(best, micros / hits)
}
console.log(best)
