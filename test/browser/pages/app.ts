import { isCacheError } from '../../../src/errors.ts'
import { keyed, SnapshotCache } from '../../../src/index.ts'
import type { LevelStoreOpenOptions } from '../../../src/store/level-open-options.ts'
import type { Store } from '../../../src/store/store.ts'

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
  rows: Array.from({ length: rowCount }, (_, i) => ({ id: `row-${i}`, number, text: randomText(textLength) })),
})

// Nothing that could be packed into less.
const randomText = (length: number): string =>
  String.fromCharCode(...Array.from({ length }, () => 33 + Math.floor(Math.random() * 90)))

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
  /** Stores 100 values at once. */
  storeMany(): Promise<Outcome<void>[]>
  exclusive(): boolean
  durability(): string
  /** The bytes that the database keeps for a view of 10 bytes of a buffer of 1,000. */
  bytesOfView(): Promise<number>
  steal(): Promise<void>
}

/** A store that the page has open. */
export type AppStore = Store & { readonly exclusive: boolean; readonly durability: string; close(): Promise<void> }

/** The calls of a page whose store `open` opens, and which can look into it and take its lock by `special`. */
export function appOn(
  open: (options: Omit<LevelStoreOpenOptions, 'database'>) => Promise<AppStore>,
  acknowledged: (number: number) => Promise<void>,
  special: (store: () => AppStore) => Pick<AppPage, 'bytesOfView' | 'steal'>,
): AppPage {
  let store: AppStore | undefined
  let cache: SnapshotCache<State> | undefined
  return {
    open: ({ abortAfterMs, ...options } = {}) =>
      outcome(async () => {
        const signal = abortAfterMs === undefined ? undefined : AbortSignal.timeout(abortAfterMs)
        store = await open({ ...options, signal })
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
    async storeMany() {
      const values = Array.from({ length: 100 }, (_, i) => new Uint8Array(i))
      return await Promise.all(values.map((value, i) => outcome(() => store!.store(`value-${i}`, value))))
    },
    exclusive: () => store!.exclusive,
    durability: () => store!.durability,
    ...special(() => store!),
  }
}
