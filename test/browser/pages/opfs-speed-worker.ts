import { keyed, SnapshotCache } from '../../../src/index.ts'
import { OpfsStore } from '../../../src/opfs/opfs-store.ts'
import { LevelStore } from '../../../src/store/browser-level-store.ts'
import type { Durability } from '../../../src/store/durability.ts'
import type { Store } from '../../../src/store/store.ts'
import { answerCalls } from './worker-calls.ts'

interface State {
  readonly rows: readonly { readonly id: string; readonly name: string; readonly price: number; readonly at: number }[]
  readonly settings: { readonly theme: string }
}

const columns = { rows: keyed((row: State['rows'][number]) => row.id) }
const stores = { opfs: OpfsStore, indexed: LevelStore } as const

/** The media that are compared. */
export type Medium = keyof typeof stores

/** What a page with a state did, in milliseconds. */
export type Times = Record<
  'open anew' | 'first store' | 'open and load' | 'one row changed' | 'ten rows, one by one' | 'one value of 1 kB',
  number
>

function stateOf(count: number): State {
  const rows = Array.from({ length: count }, (_, i) => ({
    id: `row-${i}`,
    name: `Article ${(i * 7919) % 100_003} of a list`,
    price: ((i * 104_729) % 100_000) / 100,
    at: 1_700_000_000_000 + i * 997,
  }))
  return { rows, settings: { theme: 'dark' } }
}

async function timed<T>(run: () => Promise<T>): Promise<[ms: number, value: T]> {
  const startMs = performance.now()
  const value = await run()
  return [performance.now() - startMs, value]
}

let round = 0

/** Stores a state of `count` rows on a new store, loads it in the next one, and changes it. */
async function measure(medium: Medium, count: number, durability: Durability): Promise<Times> {
  const name = `speed-${medium}-${++round}-${performance.timeOrigin}`
  const cacheOn = (store: Store): SnapshotCache<State> => new SnapshotCache<State>(store, { name: 'state', columns })
  const [openMs, first] = await timed(async () => await stores[medium].open(name, { durability }))
  let state = stateOf(count)
  const [storeMs] = await timed(async () => await cacheOn(first).store(state))
  await first.close()
  const [loadMs, { store, cache, found }] = await timed(async () => {
    const opened = await stores[medium].open(name, { durability })
    const over = cacheOn(opened)
    return { store: opened, cache: over, found: await over.load() }
  })
  if (JSON.stringify(found?.state) !== JSON.stringify(state)) throw new Error(`${medium} loads another state`)
  const change = async (at: number): Promise<void> => {
    state = { ...state, rows: state.rows.with(at, { ...state.rows[at]!, price: at + 0.5 }) }
    await cache.store(state)
  }
  const [changeMs] = await timed(async () => await change(5))
  const [tenMs] = await timed(async () => {
    for (let i = 10; i < 20; i++) await change(i)
  })
  const [valuesMs] = await timed(async () => {
    for (let i = 0; i < 20; i++) await store.store(`value-${i}`, new Uint8Array(1_000).fill(i))
  })
  await store.close()
  return {
    'open anew': openMs,
    'first store': storeMs,
    'open and load': loadMs,
    'one row changed': changeMs,
    'ten rows, one by one': tenMs,
    'one value of 1 kB': valuesMs / 20,
  }
}

answerCalls({ measure })
