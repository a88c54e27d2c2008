import { aesGcm, entries, keyed, type SealedCodec, SnapshotCache, type SnapshotCacheOptions } from '../../src/index.ts'
import type { Store } from '../../src/store/store.ts'
import { StepClock } from './deterministic.ts'
import { elements, oddNames, peer, peers, reordered, rich, type State, wide } from './golden-states.ts'

/** One golden store: how it was written, and what must be read from it. */
export interface GoldenCase {
  readonly name: string
  /** What the case is there for; docs/FORMAT.md has the same sentence. */
  readonly about: string
  readonly options?: SnapshotCacheOptions<State>
  /** What the newest snapshot holds. */
  readonly state: State
  /** Its generation. @default 1 */
  readonly generation?: number
  /** What the snapshot before it holds, where there is one. */
  readonly previous?: State
  /** Stores what leads to `state`. @default one store of it */
  readonly write?: (step: Step) => Promise<void>
  /** Why a writer of another platform need not give these very bytes; they are read all the same. */
  readonly notReproducible?: string
}

/** The cache that a case is written with; its clock goes on by a second after each call. */
export class Step {
  readonly cache: SnapshotCache<State>
  readonly #clock = new StepClock()

  constructor(store: Store, options: SnapshotCacheOptions<State>) {
    this.cache = new SnapshotCache<State>(store, { name: 'app', ...options, now: this.#clock.now })
  }

  async store(state: State): Promise<void> {
    await this.cache.store(state)
    this.#clock.tick()
  }

  async patch(column: string, change: { set?: readonly object[]; remove?: readonly string[] }): Promise<void> {
    await this.cache.patch(column, change as never)
    this.#clock.tick()
  }
}

/** Writes a case into `store`. */
export async function writeGolden({ options = {}, state, write }: GoldenCase, store: Store): Promise<void> {
  const step = new Step(store, options)
  if (write === undefined) await step.store(state)
  else await write(step)
}

const columns = (of: object): SnapshotCacheOptions<State> => ({ columns: of })
const peersById = columns({ peers: keyed('id') })

/** The key of the sealed cases, and of nothing else in the world. */
export const sealed: SealedCodec = aesGcm('auto', [{ id: 'k1', key: Uint8Array.from({ length: 32 }, (_, i) => i) }])

/** All golden cases, in the order in which they came. Cases are added at the end and never changed. */
export const goldenCases: readonly GoldenCase[] = [
  {
    name: 'worked-example',
    about: 'the snapshot of the worked example',
    options: peersById,
    state: { user: 'ada', peers: [{ id: 'n1' }, { id: 'n2' }] },
  },
  { name: 'empty-state', about: 'a state without fields', state: {} },
  {
    name: 'plain-inline',
    about: 'small plain columns, all in the head',
    state: { dns: { servers: ['1.1.1.1'], domain: 'example.org' }, count: 3, on: true, none: null, list: [] },
  },
  {
    name: 'plain-separate',
    about: 'a plain column too large for the head, beside a small one',
    state: { text: 'long '.repeat(1_000), dns: 'small' },
  },
  {
    name: 'elements',
    about: 'every shape of a column, empty ones among them, and a keyed field that is null',
    options: columns({
      list: keyed('id'),
      byId: entries(),
      map: entries(),
      noList: keyed('id'),
      noEntries: entries(),
      nothing: keyed('id'),
    }),
    state: elements,
  },
  {
    name: 'column-names',
    about: 'column names that are percent-encoded or mean something to JavaScript',
    state: oddNames,
  },
  {
    name: 'pages',
    about: 'a base of 3,000 elements in three column-major pages',
    options: peersById,
    state: { peers: peers(3_000) },
  },
  {
    name: 'delta-inline',
    about: 'one of 600 elements changed and one added, in the head',
    options: peersById,
    state: { peers: [...peers(600).with(7, peer(7, { online: true, port: 1 })), peer(600)] },
    generation: 2,
    previous: { peers: peers(600) },
    write: async step => {
      await step.store({ peers: peers(600) })
      await step.patch('peers', { set: [peer(7, { online: true, port: 1 }), peer(600)] })
    },
  },
  {
    name: 'delta-order',
    about: 'elements removed, moved, changed and added at once, and others removed and added after that',
    options: peersById,
    state: { peers: [...reordered().filter(({ id }) => id !== 'n20' && id !== 'n901'), peer(902)] },
    generation: 4,
    previous: { peers: reordered().filter(({ id }) => id !== 'n20' && id !== 'n901') },
    write: async step => {
      await step.store({ peers: peers(400) })
      await step.store({ peers: reordered() })
      await step.patch('peers', { remove: ['n20', 'n901'] })
      await step.patch('peers', { set: [peer(902)] })
    },
  },
  {
    name: 'delta-spilled',
    about: 'deltas too large for the head together: those of one column merged in a segment, and one more in the head',
    options: columns({ a: keyed('id'), b: keyed('id'), c: keyed('id') }),
    state: {
      a: [...wide(0, 10), ...wide(10, 50, 7), ...wide(60, 140)].with(3, { id: 'e3', text: 'x' }),
      b: [...wide(0, 40, 7), ...wide(40, 160)],
      c: [...wide(0, 40, 7), ...wide(40, 160)],
    },
    generation: 6,
    write: async step => {
      await step.store({ a: wide(0, 200), b: wide(0, 200), c: wide(0, 200) })
      await step.patch('a', { set: wide(10, 20, 7) })
      await step.patch('b', { set: wide(0, 40, 7) })
      await step.patch('a', { set: wide(30, 30, 7) })
      await step.patch('c', { set: wide(0, 40, 7) })
      await step.patch('a', { set: [{ id: 'e3', text: 'x' }] })
    },
  },
  { name: 'cbor-rich', about: 'values that JSON cannot keep', state: rich },
  {
    name: 'json-forced',
    about: "300 elements with codec: 'json'",
    options: { ...peersById, codec: 'json' },
    state: { peers: peers(300), dns: [1, 2] },
  },
  {
    name: 'cbor-forced',
    about: "300 elements with codec: 'cbor'",
    options: { ...peersById, codec: 'cbor' },
    state: { peers: peers(300), dns: [1, 2] },
  },
  {
    name: 'deflated',
    about: 'compressed segments, and one too short to be',
    options: { ...peersById, compress: true },
    state: { peers: peers(600), text: 'repeat '.repeat(1_000), dns: 'small' },
    notReproducible: 'versions of zlib compress differently',
  },
  {
    name: 'sealed',
    about: 'AES-GCM with the key of test/format/golden-cases.ts: segments, inline pieces and heads',
    options: { ...peersById, codec: sealed },
    state: { peers: peers(600).with(5, peer(5, { port: 5 })), user: 'ada' },
    generation: 2,
    previous: { peers: peers(600), user: 'ada' },
    write: async step => {
      await step.store({ peers: peers(600), user: 'ada' })
      await step.patch('peers', { set: [peer(5, { port: 5 })] })
    },
  },
  {
    name: 'sealed-deflated',
    about: 'compressed, then sealed',
    options: { codec: sealed, compress: true },
    state: { text: 'repeat '.repeat(1_000) },
    notReproducible: 'versions of zlib compress differently',
  },
  {
    name: 'two-generations',
    about: 'a third store, which removed what only the first one named',
    state: { text: 'third '.repeat(1_000), dns: 3 },
    generation: 3,
    previous: { text: 'second '.repeat(1_000), dns: 2 },
    write: async step => {
      await step.store({ text: 'first '.repeat(1_000), dns: 1 })
      await step.store({ text: 'second '.repeat(1_000), dns: 2 })
      await step.store({ text: 'third '.repeat(1_000), dns: 3 })
    },
  },
  { name: 'schema-version', about: 'schema version 7', options: { schemaVersion: 7 }, state: { dns: 'x' } },
  {
    name: 'poison-marks',
    about: 'a snapshot that was loaded twice and not confirmed',
    options: { poisonAfter: 5 },
    state: { dns: 'x' },
    write: async step => {
      await step.store({ dns: 'x' })
      await step.cache.load()
      await step.cache.load()
    },
  },
]
