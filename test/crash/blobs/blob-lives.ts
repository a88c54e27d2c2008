import type { Random } from '../random.ts'
import { type BlobConfig, type BlobId, type BlobLife, type BlobStep, blobIds } from './blob-life.ts'
import {
  cleaning,
  deleting,
  deletingAll,
  fillingLog,
  killedIn,
  lastOf,
  putting,
  puttingAll,
  reading,
  refused,
  replacing,
  sweeping,
} from './blob-steps.ts'

const [ak, ak1, adk, adx, abk, abx] = blobIds as [BlobId, BlobId, BlobId, BlobId, BlobId, BlobId]

type Workload = (config: BlobConfig, random: Random) => readonly BlobStep[]

const puts: Workload = () => [
  putting(ak, 1),
  putting(ak1, 2),
  putting(ak, 3),
  // The same body with other metadata, and back.
  replacing(ak, 3, 4),
  putting(ak, 3),
  refused(ak, 5),
  puttingAll([
    [adk, 6],
    [adx, 7],
    [abk, 8],
    [abx, 12],
    [ak, 9],
    [ak, 10],
  ]),
  lastOf(deleting(ak1)),
  putting(abx, 11),
  sweeping,
  deletingAll([abk, abx]),
  putting(abk, 16),
  deleting(ak1),
]

const cleaned: Workload = () => [
  putting(ak, 1, { isExpired: true }),
  putting(ak1, 2),
  putting(adk, 17, { isExpired: true }),
  cleaning([ak, adk]),
  putting(ak, 5, { isExpired: true }),
  lastOf(cleaning([ak])),
  putting(ak, 6),
]

const limited: Workload = () => [
  putting(ak, 1),
  putting(ak1, 2),
  putting(adk, 3),
  reading(ak),
  putting(adx, 5, { isExpired: true }),
  putting(abk, 17),
  lastOf(reading(adk)),
  putting(abx, 7),
  putting(abk, 8),
  puttingAll([
    [ak, 25],
    [ak1, 11],
    [abx, 12],
  ]),
  deleting(abx),
  putting(adk, 13),
]

const compacted: Workload = ({ layout }) => [
  putting(ak, 1),
  putting(ak1, 2),
  lastOf(fillingLog(layout === 'native' ? 'index' : '.coldsnap/index')),
  putting(ak, 3),
  putting(adk, 5),
]

/** Every process is killed in what it does, and the next one goes on. */
const killed: Workload = (_, random) => [
  killedIn(putting(ak, 1), random.below(14)),
  putting(ak1, 2),
  killedIn(putting(ak, 3), random.below(14)),
  killedIn(putting(abk, 5), random.below(14)),
  putting(abx, 6),
  killedIn(deleting(ak1), random.below(6)),
  killedIn(putting(adk, 17), random.below(14)),
  putting(adx, 8),
  killedIn(putting(ak, 4), random.below(14)),
  putting(ak, 10),
]

const drawn: Workload = ({ maxBytes }, random) =>
  Array.from({ length: 6 + random.below(10) }, (_, i) => {
    const id = random.pick(blobIds)
    const tick = 100 + 2 * i + random.below(2)
    const step = random.pick<() => BlobStep>([
      () => putting(id, tick, { isStream: random.chance(0.5) }),
      () => putting(id, tick, { isStream: random.chance(0.5) }),
      () => puttingAll([id, random.pick(blobIds), random.pick(blobIds)].map((each, j) => [each, 300 + 5 * i + j])),
      () => deleting(id),
      () => deletingAll(blobIds.filter(({ namespace }) => namespace === id.namespace)),
      () => (maxBytes === undefined ? sweeping : reading(id)),
    ])()
    if (random.chance(0.25)) return killedIn(step, random.below(20))
    return random.chance(0.2) ? lastOf(step) : step
  })

const limits = { maxBytes: 75_000, maxCount: 4 }
const workloads: readonly (readonly [string, Workload, Pick<BlobConfig, 'maxBytes' | 'maxCount'>])[] = [
  ['puts', puts, {}],
  ['cleaned', cleaned, {}],
  ['limited', limited, limits],
  ['compacted', compacted, limits],
  ['killed', killed, {}],
  ['killed, limited', killed, limits],
  ['drawn', drawn, {}],
  ['drawn, limited', drawn, limits],
]

/** Every workload in both layouts with each durability. */
export const blobLives: readonly BlobLife[] = (['native', 'diskblob'] as const).flatMap(layout =>
  (['power', 'process'] as const).flatMap(durability =>
    workloads.map(([title, workload, limit]): BlobLife => {
      const config = { layout, durability, ...limit }
      return { title: `blobs ${title}; ${layout}, ${durability}`, config, steps: random => workload(config, random) }
    }),
  ),
)
