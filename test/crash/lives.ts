import { aesGcm } from '../../src/snapshot/aes-gcm.ts'
import { testKey } from '../snapshot/keys-for-tests.ts'
import type { Life, MediumKind } from './life.ts'
import type { Config } from './life-state.ts'
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

/** The media, by their names in titles. */
export const media = {
  'files, power': { files: 'power' },
  'files, process': { files: 'process' },
  'four methods': { isBatched: false, isAtomic: true, isDurable: true },
  'four methods in place': { isBatched: false, isAtomic: false, isDurable: true },
  'four methods, not durable': { isBatched: false, isAtomic: false, isDurable: false },
  batch: { isBatched: true, isAtomic: true, isDurable: true },
  'batch, not durable': { isBatched: true, isAtomic: true, isDurable: false },
} as const satisfies Record<string, MediumKind>

export type MediumName = keyof typeof media

const first = storing('first store', state => state)
const stores = (): Step[] => [
  first,
  renaming(1, 1, 1),
  renaming(2, 2, 1),
  unchanged,
  rebasing(3, 7),
  reversing(),
  toggling(4),
  toggling(5),
  rebasing(6, 3),
]
const deltas = (): Step[] => [
  first,
  renaming(1, 0, 2),
  patching(2, [1, 12], [0]),
  patching(3, [2, 13], [1]),
  patchingEntries(4),
  patching(5, [3, 14, 15], [2]),
  updating(6),
  renaming(7, 2, 3),
  reopening('next process'),
  patching(8, [16, 17], [13, 14]),
  patchingEntries(9),
  updating(10),
]
// Peers of a kilobyte: deltas outgrow what a base may carry, and the column is written anew.
const compaction = (): Step[] => [
  storing('first store of fat peers', state => ({
    ...state,
    peers: Array.from({ length: 24 }, (_, i) => ({ id: `n${i}`, name: 'z'.repeat(1000) + i, online: true })),
  })),
  renaming(1, 0, 7, 1000),
  patching(2, [7, 8, 9, 10, 11], [12], 1000),
  renaming(3, 6, 7, 1000),
  patching(4, [1, 2, 3, 4], [], 1000),
  patching(5, [5, 6, 7, 8, 9], [2], 1000),
]
const clears = (): Step[] => [
  first,
  renaming(1, 1, 2),
  clearing,
  first,
  updating(2),
  rebasing(3, 6),
  clearing,
  clearing,
  first,
]
const releases = (): Step[] => [
  first,
  renaming(1, 1, 1),
  newSchema,
  unchanged,
  patching(2, [1, 12], [2]),
  newSchema,
  patching(3, [3, 13], [4]),
  reopening('next release: another codec, compressed', config => ({ ...config, codec: 'cbor', compress: true })),
  updating(4),
  rebasing(5, 6),
  newSchema,
  updating(6),
  reopening('next release: codec auto', config => ({ ...config, codec: 'auto', compress: false })),
  renaming(7, 0, 5),
]
const rotation = (): Step[] => [
  first,
  patching(1, [1, 12], [2]),
  reopening('next release: encrypted', config => ({
    ...config,
    codec: aesGcm('auto', [testKey('k1', 1)], { acceptPlain: true }),
  })),
  patching(2, [3, 13], [4]),
  renaming(3, 1, 1),
  reopening('next release: another key', config => ({
    ...config,
    codec: aesGcm('auto', [testKey('k2', 2), testKey('k1', 1)], { acceptPlain: true }),
  })),
  updating(4),
  patchingEntries(5),
]
const copies = (): Step[] => {
  const again = copying(3)
  const edits = [again, again, patching(4, [1], [2]), again, rebasing(5, 5), again]
  return [copying(1), renaming(2, 1, 2), ...edits, crashing('weak'), again, crashing('killed'), again, copying(6)]
}
const crashes = (): Step[] => [
  first,
  renaming(1, 1, 2),
  crashing('killed'),
  patching(2, [1, 12], [2]),
  crashing('weak'),
  rebasing(3, 7),
  crashing('ordered'),
  updating(4),
  patching(5, [2, 13], [3]),
  crashing('weak'),
  copying(6),
  crashing('weak'),
  clearing,
  crashing('weak'),
  renaming(7, 1, 2),
]
// No column has elements: every change writes a column whole, and nothing of the one before is named any more.
const wholes = (): Step[] => [
  first,
  renaming(1, 1, 2),
  updating(2),
  rebasing(3, 7),
  updating(4),
  reversing(),
  renaming(5, 0, 3),
]
// Bytes that are wrong look like bytes that are right.
const bytes = (): Step[] => [first, ...Array.from({ length: 7 }, (_, i) => updating(i + 1))]
const guarded = (): Step[] => [
  first,
  confirming,
  renaming(1, 1, 1),
  confirming,
  reopening('next process'),
  confirming,
  rebasing(2, 5),
]

function life(title: string, medium: MediumName, config: Config, steps: () => Step[]): Life {
  return { title: `${title}; ${medium}`, medium: media[medium], begin: () => ({ config, steps: steps() }) }
}

/** Lives written by hand: each shows one thing, on the medium where it is hardest. */
export const handLives: readonly Life[] = [
  life('stores', 'files, power', {}, stores),
  life('stores, immutable', 'files, power', { immutable: true }, stores),
  life('stores, immutable', 'four methods in place', { immutable: true }, stores),
  life('stores', 'batch', {}, stores),
  life('deltas', 'files, power', {}, deltas),
  life('deltas, immutable', 'files, process', { immutable: true }, deltas),
  life('deltas', 'four methods in place', {}, deltas),
  life('deltas, json', 'batch, not durable', { codec: 'json' }, deltas),
  life('whole columns', 'files, power', { columns: {} }, wholes),
  life('whole columns', 'files, process', { columns: {} }, wholes),
  life('whole columns', 'four methods in place', { columns: {} }, wholes),
  life('whole columns', 'four methods, not durable', { columns: {} }, wholes),
  life('bytes', 'files, process', { columns: {} }, bytes),
  life('bytes', 'four methods, not durable', { columns: {} }, bytes),
  life('compaction', 'files, power', {}, compaction),
  life('compaction, immutable', 'batch', { immutable: true }, compaction),
  life('clears', 'files, power', {}, clears),
  life('clears', 'files, process', {}, clears),
  life('clears', 'four methods in place', {}, clears),
  life('releases', 'files, power', {}, releases),
  life('releases, immutable', 'four methods', { immutable: true }, releases),
  life('encryption and rotation', 'files, power', {}, rotation),
  life('encryption and rotation', 'four methods in place', { compress: true }, rotation),
  life('copies', 'files, power', {}, copies),
  life('copies', 'files, process', {}, copies),
  life('copies', 'four methods in place', {}, copies),
  life('copies', 'batch', {}, copies),
  life('crash upon crash', 'files, power', {}, crashes),
  life('crash upon crash', 'files, process', {}, crashes),
  life('crash upon crash, compressed', 'four methods in place', { compress: true }, crashes),
  life('crash upon crash', 'four methods, not durable', {}, crashes),
  life('guarded loads', 'files, power', { poisonAfter: 3 }, guarded),
  life('guarded loads', 'batch', { poisonAfter: 3 }, guarded),
]
