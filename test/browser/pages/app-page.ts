import { isCacheError } from '../../../src/errors.ts'
import { keyed, SnapshotCache } from '../../../src/index.ts'
import { LevelStore } from '../../../src/store/browser-level-store.ts'
import type { LevelStoreOpenOptions } from '../../../src/store/level-open-options.ts'

/** What the page keeps; whole if all of it has the same number. */
interface State {
  readonly number: number
  readonly copy: { readonly number: number }
  readonly rows: readonly { readonly id: string; readonly number: number; readonly text: string }[]
}

const rowCount = 300
const columns = { rows: keyed((row: State['rows'][number]) => row.id) }

const stateOf = (number: number, textLength: number): State => ({
  number,
  copy: { number },
  rows: Array.from({ length: rowCount }, (_, i) => ({ id: `row-${i}`, number, text: 'x'.repeat(textLength) })),
})

let store: LevelStore | undefined
let cache: SnapshotCache<State> | undefined

/** What a call of the page ended with: its answer, or the code of a typed error, or what it was if it was none. */
type Outcome<T> = { readonly value: T } | { readonly code: string } | { readonly untyped: string }

async function outcome<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work() }
  } catch (error) {
    return isCacheError(error) ? { code: error.code } : { untyped: String(error) }
  }
}

/** The calls of the page, for the test outside. */
export interface AppPage {
  open(options?: LevelStoreOpenOptions & { readonly abortAfterMs?: number }): Promise<Outcome<boolean>>
  close(): Promise<Outcome<void>>
  /** Stores the state of that number; each of its 300 rows has a text of `textLength`. */
  save(number: number, textLength?: number): Promise<Outcome<number>>
  /** The number of the state that is loaded, -1 if it is not whole, `undefined` if there is none. */
  load(): Promise<Outcome<number | undefined>>
  /** Stores one state after the other, for ever; calls `acknowledged(number)` after each. */
  saveForever(first: number): Promise<void>
  exclusive(): boolean
  durability(): string
  /** The bytes that the database keeps for a view of 10 bytes of a buffer of 1,000. */
  bytesOfView(): Promise<number>
  steal(): Promise<void>
}

declare const acknowledged: (number: number) => Promise<void>

const app: AppPage = {
  open: ({ abortAfterMs, ...options } = {}) =>
    outcome(async () => {
      const signal = abortAfterMs === undefined ? undefined : AbortSignal.timeout(abortAfterMs)
      store = await LevelStore.open('app', { ...options, signal })
      cache = new SnapshotCache<State>(store, { name: 'state', columns })
      return true
    }),
  close: () => outcome(async () => await store!.close()),
  save: (number, textLength = 20) =>
    outcome(async () => {
      await cache!.store(stateOf(number, textLength))
      return number
    }),
  load: () =>
    outcome(async () => {
      const found = await cache!.load()
      if (found === undefined) return undefined
      const { number, copy, rows } = found.state
      const isWhole = rows.length === rowCount && [copy, ...rows].every(part => part.number === number)
      return isWhole ? number : -1
    }),
  async saveForever(first) {
    for (let number = first; ; number++) {
      await cache!.store(stateOf(number, number % 200))
      await acknowledged(number)
    }
  },
  exclusive: () => store!.exclusive,
  durability: () => store!.durability,
  async bytesOfView() {
    await store!.store('view', new Uint8Array(1_000).subarray(5, 15))
    const request = indexedDB.open('level-js-app')
    await new Promise(resolve => {
      request.onsuccess = resolve
    })
    const get = request.result.transaction('app').objectStore('app').get(new TextEncoder().encode('view'))
    const value = await new Promise<Uint8Array>(resolve => {
      get.onsuccess = () => resolve(get.result)
    })
    request.result.close()
    return value.buffer.byteLength
  },
  async steal() {
    await navigator.locks.request('coldsnap:level:app', { steal: true }, async () => undefined)
  },
}
Object.assign(globalThis, { app })
