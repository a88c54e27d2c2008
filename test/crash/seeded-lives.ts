import { aesGcm } from '../../src/snapshot/aes-gcm.ts'
import { testKey } from '../snapshot/keys-for-tests.ts'
import type { Life } from './life.ts'
import type { Config } from './life-state.ts'
import { type MediumName, media } from './lives.ts'
import { crashModels } from './medium.ts'
import type { Random } from './random.ts'
import {
  clearing,
  confirming,
  copying,
  crashing,
  newSchema,
  patching,
  patchingEntries,
  rebasing,
  renaming,
  reopening,
  reversing,
  type Step,
  storing,
  toggling,
  unchanged,
  updating,
} from './steps.ts'

const names = Object.keys(media) as MediumName[]

/** Lives that a seed makes up, one for each medium. */
export const seededLives: readonly Life[] = names.map(name => ({
  title: `seeded; ${name}`,
  medium: media[name],
  begin: random => {
    const config = drawConfig(random)
    const steps = Array.from({ length: 8 + random.below(18) }, (_, i) => drawStep(i + 1, config, random))
    return { config, steps: withoutEmptyCrashes([storing('first store', state => state), ...steps]) }
  },
}))

function drawConfig(random: Random): Config {
  return {
    immutable: random.chance(0.5),
    compress: random.chance(0.3),
    codec: random.chance(0.1)
      ? aesGcm('auto', [testKey('k0', 100)], { acceptPlain: true })
      : random.pick(['auto', 'auto', 'cbor', 'json'] as const),
    ...(random.chance(0.2) && { poisonAfter: 3 }),
  }
}

type Draw = (tick: number, config: Config, random: Random) => Step

// Each as often as its number says.
const draws: readonly (readonly [number, Draw])[] = [
  [6, (tick, _, random) => renaming(tick, random.below(8), 1 + random.below(2))],
  [3, (tick, _, random) => renaming(tick, random.below(8), 2 + random.below(4))],
  [2, (tick, _, random) => rebasing(tick, 3 + random.below(8))],
  [1, () => reversing()],
  [2, tick => toggling(tick)],
  [1, () => unchanged],
  [5, (tick, _, random) => patching(tick, drawNumbers(random), drawNumbers(random), 20 + random.below(150))],
  [2, tick => patchingEntries(tick)],
  [3, tick => updating(tick)],
  [1, () => clearing],
  [1, () => confirming],
  [1, () => reopening('next process')],
  [2, (tick, config, random) => drawRelease(tick, config, random)],
  [1, () => newSchema],
  [1, tick => copying(tick)],
  [3, (_, __, random) => crashing(random.pick(crashModels))],
]
const hat: readonly Draw[] = draws.flatMap(([times, draw]) => Array.from({ length: times }, () => draw))

function drawStep(tick: number, config: Config, random: Random): Step {
  return random.pick(hat)(tick, config, random)
}

function drawNumbers(random: Random): number[] {
  return [...new Set(Array.from({ length: 1 + random.below(3) }, () => random.below(14)))]
}

// What is encrypted stays so: a cache with keys takes what is not, but not the other way round.
function drawRelease(tick: number, first: Config, random: Random): Step {
  const compress = random.chance(0.5)
  if (typeof first.codec === 'object') {
    return reopening('next release: another key', config => {
      const old = Array.from({ length: tick }, (_, i) => testKey(`k${i}`, 100 + i))
      return { ...config, compress, codec: aesGcm('auto', [testKey(`k${tick}`, 100 + tick), ...old]) }
    })
  }
  const codec = first.codec === 'json' ? 'json' : random.pick(['auto', 'cbor'] as const)
  const immutable = random.chance(0.5)
  return reopening('next release: other options', config => ({ ...config, compress, codec, immutable }))
}

// A crash is of the step before it.
function withoutEmptyCrashes(steps: readonly Step[]): Step[] {
  return steps.filter((step, i) => step.crash === undefined || steps[i - 1]?.crash === undefined)
}
