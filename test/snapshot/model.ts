import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import { entries, keyed } from '../../src/snapshot/columns.ts'
import { SnapshotCache } from '../../src/snapshot/snapshot-cache.ts'
import type { SnapshotCacheOptions } from '../../src/snapshot/snapshot-options.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import type { Store } from '../../src/store/store.ts'
import { bareStore } from '../helpers/bare-store.ts'
import { Dead, dyingStore } from '../helpers/dying-store.ts'
import { contents } from './app-state.ts'
import { randomValue } from './random-value.ts'
import { expectSame, isSameInOrder } from './same.ts'

type Element = { id: string | number; [name: string]: unknown }

// A type, not an interface: fields come and go by name.
type ModelState = {
  list?: Element[] | null
  table?: Record<string, unknown>
  map?: Map<string, unknown>
  one?: unknown
  two?: unknown
}

type Options = Omit<SnapshotCacheOptions<ModelState>, 'columns'>

const columns = {
  list: keyed<Element>(element => element.id),
  table: entries<unknown>(),
  map: entries<unknown>(),
} as const
const names = ['list', 'table', 'map', 'one', 'two'] as const
const entryKeys = ['a', 'b', 'c', '10', '9', '2', '__proto__', 'constructor', '', 'ä', '-1', '1e3', '007', 'toString']

/** One random life of a cache, held against plain values. Every `expect` in it says which step it was. */
export class Model {
  readonly #random: () => number
  readonly #options: Options
  readonly #batched: boolean
  readonly #disk: Store = new MemoryStore()
  #cache: SnapshotCache<ModelState>
  /** The object the application works with; in the default mode it is changed in place. */
  #own: ModelState = {}
  /** A copy of what must be stored. */
  #stored: ModelState | undefined
  /** What may be there as well, since bytes were taken away: older states, or nothing. */
  #older: (ModelState | undefined)[] = []
  #isDamaged = false
  /** A crash may have left a head that is cut: the next store is then never skipped. */
  #isTorn = false
  #nowMs = 1_700_000_000_000
  readonly log: string[] = []

  constructor(random: () => number, options: Options, batched: boolean) {
    this.#random = random
    this.#options = options
    this.#batched = batched
    this.#cache = this.#open()
  }

  async run(steps: number): Promise<void> {
    for (let i = 0; i < steps; i++) await this.#step()
    await this.#checkTidy()
  }

  #open(store: Store = this.#batched ? this.#disk : bareStore(this.#disk)): SnapshotCache<ModelState> {
    return new SnapshotCache<ModelState>(store, { ...this.#options, columns, now: () => this.#nowMs })
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit)
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)]!
  }

  async #step(): Promise<void> {
    const dice = this.#below(100)
    if (dice < 38) await this.#store()
    else if (dice < 48) await this.#update()
    else if (dice < 66) await this.#patch()
    else if (dice < 78) await this.#load()
    else if (dice < 85) await this.#view()
    else if (dice < 90) this.#reopen()
    else if (dice < 92) await this.#clear()
    else if (dice < 95) await this.#removeSomething()
    else await this.#crash()
  }

  #note(text: string): void {
    this.log.push(text)
  }

  /** Changes the working state: in place, or, where the cache goes by identity, in a copy of what changes. */
  #change(): void {
    if (this.#options.immutable) this.#own = { ...this.#own }
    const times = 1 + this.#below(3)
    for (let i = 0; i < times; i++) this.#changeOne(this.#pick(names))
  }

  #changeOne(name: (typeof names)[number]): void {
    const state = this.#own
    const isCopy = this.#options.immutable === true
    this.#note(`  change ${name}`)
    if (this.#below(12) === 0) {
      delete state[name]
      return
    }
    if (name === 'one' || name === 'two') {
      state[name] = randomValue(this.#random)
    } else if (name === 'list') {
      if (this.#below(15) === 0) {
        state.list = this.#pick([null, []])
        return
      }
      state.list = this.#changeList(isCopy ? [...(state.list ?? [])] : (state.list ?? []), isCopy)
    } else if (name === 'map') {
      const map = isCopy || state.map === undefined ? new Map(state.map) : state.map
      for (let i = this.#below(4); i >= 0; i--) {
        const key = this.#pick(entryKeys)
        if (this.#below(3) === 0) map.delete(key)
        else map.set(key, randomValue(this.#random))
      }
      state.map = map
    } else {
      const table = isCopy || state.table === undefined ? { ...state.table } : state.table
      for (let i = this.#below(4); i >= 0; i--) {
        const key = this.#pick(entryKeys)
        if (this.#below(3) === 0) delete table[key]
        else define(table, key, randomValue(this.#random))
      }
      state.table = table
    }
  }

  #changeList(list: Element[], isCopy: boolean): Element[] {
    switch (this.#below(9)) {
      case 0:
        return list.reverse()
      case 1:
        list.splice(this.#below(list.length + 1), this.#below(4))
        return list
      case 2:
        for (let i = this.#below(60); i >= 0; i--) this.#insert(list, list.length)
        return list
      case 3:
        list.sort((a, b) => String(a.id).localeCompare(String(b.id)))
        return list
      case 4:
      case 5:
        this.#insert(list, this.#below(list.length + 1))
        return list
      default:
        for (let i = 1 + this.#below(3); i > 0 && list.length > 0; i--) {
          const at = this.#below(list.length)
          const next = { ...list[at]!, value: randomValue(this.#random) }
          if (isCopy || this.#below(2) === 0) list[at] = next
          else list[at]!['value'] = next.value
        }
        return list
    }
  }

  #insert(list: Element[], at: number): void {
    const id = this.#below(3) === 0 ? this.#below(80) : this.#pick(entryKeys) + this.#below(40)
    if (list.some(element => String(element.id) === String(id))) return
    list.splice(at, 0, { id, value: randomValue(this.#random) })
  }

  async #store(): Promise<void> {
    if (this.#below(6) > 0) this.#change()
    this.#note('store')
    const isEqual = this.#stored !== undefined && isSameInOrder(names, this.#own, this.#stored)
    const result = await this.#cache.store(this.#own)
    if (!this.#isDamaged && !this.#isTorn)
      expect(result.skipped !== false, 'skipped exactly if nothing changed').toBe(isEqual)
    expect(result.sweepError).toBeUndefined()
    this.#isTorn = false
    this.#commit(structuredClone(this.#own))
  }

  #commit(state: ModelState | undefined): void {
    this.#stored = state
    this.#older = []
    this.#isDamaged = false
  }

  async #update(): Promise<void> {
    this.#change()
    const part: ModelState = {}
    for (const name of names) {
      if (this.#below(3) === 0 && Object.hasOwn(this.#own, name)) Object.assign(part, { [name]: this.#own[name] })
    }
    this.#note(`update ${Object.keys(part)}`)
    await this.#partial(
      cache => cache.update(part),
      state => Object.assign(state, structuredClone(part)),
    )
  }

  async #patch(): Promise<void> {
    const name = this.#pick(['list', 'table', 'map'] as const)
    const set = new Map<string, unknown>()
    const removed = new Set<string>()
    const known = name === 'list' ? (this.#stored?.list ?? []).map(element => String(element.id)) : entryKeys
    for (let i = this.#below(4); i > 0; i--) {
      if (known.length > 0 && this.#below(3) === 0) removed.add(this.#pick(known))
      else
        set.set(
          known.length > 0 && this.#below(2) === 0 ? this.#pick(known) : `new${this.#below(30)}`,
          randomValue(this.#random),
        )
    }
    this.#note(`patch ${name} set ${[...set.keys()]} remove ${[...removed]}`)
    const elements = [...set].map(([id, value]) => ({ id, value }))
    const remove = [...removed]
    await this.#partial(
      cache => {
        if (name === 'list') return cache.patch('list', { set: elements, remove })
        if (name === 'map') return cache.patch('map', { set, remove })
        const object = {}
        for (const [key, value] of set) define(object, key, value)
        return cache.patch('table', { set: object, remove })
      },
      state => {
        if (name === 'list') {
          const merged = new Map((state.list ?? []).map(element => [String(element.id), element]))
          for (const element of elements) merged.set(element.id, structuredClone(element))
          for (const key of removed) merged.delete(key)
          state.list = [...merged.values()]
        } else if (name === 'map') {
          state.map = new Map(state.map)
          for (const [key, value] of set) state.map.set(key, structuredClone(value))
          for (const key of removed) state.map.delete(key)
        } else {
          state.table ??= {}
          for (const [key, value] of set) define(state.table, key, structuredClone(value))
          for (const key of removed) delete state.table[key]
        }
      },
    )
  }

  async #partial(
    write: (cache: SnapshotCache<ModelState>) => Promise<unknown>,
    apply: (state: ModelState) => void,
  ): Promise<void> {
    if (this.#isDamaged) return
    if (this.#stored === undefined) {
      await expect(write(this.#cache)).rejects.toMatchObject({ code: 'NOTHING_CACHED' })
      return
    }
    await write(this.#cache)
    const state = structuredClone(this.#stored)
    apply(state)
    this.#commit(state)
  }

  async #load(): Promise<void> {
    const only = this.#below(3) === 0 ? names.filter(() => this.#below(2) === 0) : undefined
    this.#note(`load ${only ?? ''}`)
    if (only !== undefined) {
      const part = await this.#cache.load({ columns: only })
      if (!this.#isDamaged) this.#expectState(part?.state, this.#stored && pick(this.#stored, only))
      return
    }
    const snapshot = await this.#cache.load()
    this.#expectState(snapshot?.state, this.#stored)
    if (snapshot === undefined) return
    if (this.#isDamaged) {
      this.#own = structuredClone(snapshot.state)
      return
    }
    // Half of the time the application goes on with what it was given; stored as it is, that is not written.
    if (this.#below(2) === 0) this.#own = structuredClone(snapshot.state)
    else {
      this.#own = snapshot.state
      const { skipped, written } = await this.#cache.store(snapshot.state)
      expect(written, 'a loaded state').toEqual([])
      expect(skipped, 'a loaded state').toBe(this.#isTorn && snapshot.report.fallback ? false : 'cached')
      this.#isTorn = false
    }
  }

  #expectState(found: ModelState | undefined, wanted: ModelState | undefined): void {
    const allowed = this.#isDamaged ? [wanted, ...this.#older] : [wanted]
    if (allowed.some(state => isDeepStrictEqual(found, state))) return
    expectSame(found, wanted)
  }

  async #view(): Promise<void> {
    if (this.#isDamaged) return
    this.#note('view')
    const view = await this.#cache.view()
    const state = this.#stored
    if (state === undefined) {
      expect(view).toBeUndefined()
      return
    }
    const look = async (): Promise<void> => {
      for (const name of names) expectSame(await view!.get(name), state[name], name)
      const list = state.list ?? []
      expect(await view!.keys('list')).toEqual(list.map(element => String(element.id)))
      for (const element of list.slice(0, 5)) expectSame(await view!.element('list', element.id), element)
      for (const key of entryKeys) {
        expectSame(await view!.element('map', key), state.map?.get(key))
        const value = state.table !== undefined && Object.hasOwn(state.table, key) ? state.table[key] : undefined
        expectSame(await view!.element('table', key), value, key)
      }
    }
    if (this.#below(2) === 0) await look()
    else {
      await this.#store()
      await look()
    }
    await view!.close()
  }

  #reopen(): void {
    this.#note('reopen')
    this.#cache = this.#open()
  }

  async #clear(): Promise<void> {
    this.#note('clear')
    await this.#cache.clear()
    expect(await contents(this.#disk)).toEqual(new Map())
    this.#commit(undefined)
  }

  /** Somebody removes a key: the newest snapshot, an older one, or none is left. */
  async #removeSomething(): Promise<void> {
    const keys = [...(await contents(this.#disk)).keys()]
    if (keys.length === 0) return
    const key = this.#pick(keys)
    this.#note(`remove ${key}`)
    // What the older heads hold is not for this model to say: it looks before it takes the key away.
    const before = this.#stored
    const withoutNewest = [...keys].filter(one => one.includes('/@head/')).at(-1)
    if (withoutNewest === undefined) return
    const bytes = (await this.#disk.load(withoutNewest))!
    await this.#disk.remove(withoutNewest)
    const older = (await this.#open().load())?.state
    await this.#disk.store(withoutNewest, bytes)
    await this.#disk.remove(key)
    // An immutable state that did not change is skipped without a look at the store, but not for longer than a second.
    this.#nowMs += 5000
    this.#isDamaged = true
    this.#older = [...this.#older, before, older, undefined]
  }

  /** The process dies in a write. */
  async #crash(): Promise<void> {
    if (this.#isDamaged) return
    const at = 1 + this.#below(6)
    const when = this.#pick(['before', 'after', 'half'] as const)
    this.#change()
    this.#note(`crash ${when} write ${at}`)
    const dying = dyingStore(this.#disk, at, when, this.#batched)
    const cache = this.#open(dying.store)
    const next = structuredClone(this.#own)
    try {
      await cache.store(this.#own)
      this.#stored = next
    } catch (error) {
      if (!(error instanceof Dead)) throw error
    }
    this.#cache = this.#open()
    const found = (await this.#cache.load())?.state
    expect(
      [this.#stored, next].some(state => isDeepStrictEqual(state, found)),
      'old or new',
    ).toBe(true)
    this.#isTorn = true
    this.#commit(structuredClone(found))
  }

  async #checkTidy(): Promise<void> {
    this.#own = { one: `last ${this.#random()}` }
    await this.#cache.store(this.#own)
    const { ok, unused } = await this.#open().verify()
    expect({ ok, unused }).toEqual({ ok: true, unused: [] })
    expectSame((await this.#open().load())?.state, this.#own)
  }
}

function define(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
}

function pick(state: ModelState, only: readonly (typeof names)[number][]): ModelState {
  return Object.fromEntries(Object.entries(state).filter(([name]) => only.some(one => one === name)))
}
