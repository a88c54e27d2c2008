import { MemoryStore } from '../../src/store/memory-store.ts'
import type { Store, StoreOperation } from '../../src/store/store.ts'
import { InterceptedBatchStore, InterceptedStore, type StoreCall } from '../helpers/intercepted-store.ts'
import type { Image, Medium, Replay } from './medium.ts'
import type { Random } from './random.ts'
import { StoreReplay } from './store-replay.ts'

/** What kind of store is modelled. */
export interface StoreKind {
  /** Whether it has `batch` and `loadMany`. */
  readonly isBatched: boolean
  /** Whether a crash leaves a value whole or not at all; else a put in flight may be torn, as one in place is. */
  readonly isAtomic: boolean
  /** Whether a resolved write survives a loss of power. */
  readonly isDurable: boolean
}

/** The begin or the end of one writing call. */
export interface StoreEvent {
  readonly kind: 'begin' | 'end'
  readonly call: number
  readonly changes: readonly StoreOperation[]
}

/** A recording store of four methods, or of six, over memory. */
export class StoreMedium implements Medium {
  readonly isAtomic: boolean
  readonly isDurable: boolean
  readonly #kind: StoreKind
  readonly #base: ReadonlyMap<string, Uint8Array>
  readonly #contents: MemoryStore = new MemoryStore()
  readonly #filled: Promise<void>
  readonly #random: Random | undefined
  readonly #log: StoreEvent[] = []
  #calls = 0

  constructor(kind: StoreKind, random: Random | undefined, base: ReadonlyMap<string, Uint8Array> = new Map()) {
    this.#kind = kind
    this.isAtomic = kind.isAtomic
    this.isDurable = kind.isDurable
    this.#random = random
    this.#base = base
    this.#filled = this.#contents.batch(Array.from(base, ([key, value]) => ({ type: 'store', key, value })))
  }

  get length(): number {
    return this.#log.length
  }

  async open(): Promise<Store> {
    await this.#filled
    const Intercepted = this.#kind.isBatched ? InterceptedBatchStore : InterceptedStore
    return new Intercepted(this.#contents, async (call, run) => await this.#record(call, run))
  }

  strays(): readonly string[] {
    return []
  }

  replay(): Replay {
    return new StoreReplay(this.#base, this.#log, this.#kind, (contents): Image['boot'] => {
      return random => new StoreMedium(this.#kind, random, contents)
    })
  }

  describe(at: number): string {
    const event = this.#log[at]
    if (event === undefined) return 'the end'
    const changes = event.changes.map(change => {
      return `${change.type} ${change.key}${change.type === 'store' ? ` ${change.value.byteLength} bytes` : ''}`
    })
    return `${event.kind} of call ${event.call}: ${changes.join(', ')}`
  }

  async #record<T>(call: StoreCall, run: () => Promise<T>): Promise<T> {
    if (!call.isWrite) return await run()
    const number = this.#calls++
    const changes = call.changes.map(change => {
      return change.type === 'store' ? { ...change, value: new Uint8Array(change.value) } : change
    })
    this.#log.push({ kind: 'begin', call: number, changes })
    for (let turns = this.#random?.below(4) ?? 0; turns > 0; turns--) await undefined
    const result = await run()
    this.#log.push({ kind: 'end', call: number, changes })
    return result
  }
}
