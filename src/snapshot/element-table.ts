import { type Run, toRuns } from './delta.ts'
import type { Detector, Shadow } from './detector.ts'

/** The change between what a table knows and a new list of elements. */
export interface Change {
  /** How many slots there are after the change. */
  readonly slots: number
  /** Positions, in the new list, of the elements that are new or changed, and the slots they go to. */
  readonly positions: readonly number[]
  readonly setSlots: readonly number[]
  readonly setKeys: readonly string[]
  /** `undefined` if the order is as before, then new slots. */
  readonly runs: readonly Run[] | undefined
  /** The whole new order; `undefined` if it is 0, 1, 2, ... or did not change. */
  readonly order: number[] | undefined
}

/** The elements of a column as they are believed to be stored: keys and shadows by slot, and the order of slots. */
export class ElementTable {
  /** Order of the live slots; `undefined` means 0, 1, 2, ... up to {@link slots}. */
  order: number[] | undefined
  /** By slot; `undefined` where only keys are known. */
  shadows: Shadow[] | undefined
  #slots: number
  #keys: string[] | (() => string[])
  #slotOf: Map<string, number> | undefined

  /** `keys` may be a function that gives them when they are first needed. All arrays belong to the table from here on. */
  constructor(init: {
    slots: number
    keys: string[] | (() => string[])
    shadows: Shadow[] | undefined
    order: number[] | undefined
  }) {
    this.#slots = init.slots
    this.#keys = init.keys
    this.shadows = init.shadows
    this.order = init.order
  }

  get slots(): number {
    return this.#slots
  }

  /** How many elements are live. */
  get size(): number {
    return this.order?.length ?? this.#slots
  }

  /** Keys by slot. */
  get keys(): string[] {
    if (typeof this.#keys === 'function') this.#keys = this.#keys()
    return this.#keys
  }

  /** Slots of the live elements in their order. */
  *live(): Generator<number> {
    if (this.order !== undefined) yield* this.order
    else for (let slot = 0; slot < this.#slots; slot++) yield slot
  }

  /** Slot of the live element with this key. */
  slotOf(key: string): number | undefined {
    if (this.#slotOf === undefined) {
      this.#slotOf = new Map()
      for (const slot of this.live()) this.#slotOf.set(this.keys[slot]!, slot)
    }
    return this.#slotOf.get(key)
  }

  /** What must be written so that the table holds `values` in their order, or `undefined` if it does already. */
  diff(
    values: readonly unknown[],
    keyAt: (position: number) => string,
    hasOwnKeys: boolean,
    detector: Detector,
  ): Change | undefined {
    const shadows = this.shadows!
    const { order } = this
    const end = Math.min(values.length, this.size)
    const changed =
      order === undefined
        ? changedInPlace(values, shadows, end, detector)
        : changedInOrder(values, shadows, order, end, detector)
    const slotAt = (i: number): number => (order === undefined ? i : order[i]!)
    // The key of an array's element is a part of its content; the key of an entry is not.
    const keyMoved = (i: number): boolean => keyAt(i) !== this.keys[slotAt(i)]
    const moved = values.length !== this.size || changed.some(keyMoved) || (hasOwnKeys && someIndex(end, keyMoved))
    if (moved) return this.#diffByKey(values, keyAt, detector)
    if (changed.length === 0) return undefined
    const setSlots = changed.map(slotAt)
    const setKeys = setSlots.map(slot => this.keys[slot]!)
    return { slots: this.#slots, positions: changed, setSlots, setKeys, runs: undefined, order: this.order }
  }

  #diffByKey(values: readonly unknown[], keyAt: (position: number) => string, detector: Detector): Change {
    const positions: number[] = []
    const setSlots: number[] = []
    const setKeys: string[] = []
    const order: number[] = []
    let { slots } = this
    for (let i = 0; i < values.length; i++) {
      const key = keyAt(i)
      let slot = this.slotOf(key)
      if (slot === undefined || !sameValue(values[i], this.shadows![slot], detector)) {
        slot ??= slots++
        positions.push(i)
        setSlots.push(slot)
        setKeys.push(key)
      }
      order.push(slot)
    }
    const isKept = this.#isAppended(order)
    return { slots, positions, setSlots, setKeys, runs: isKept ? undefined : toRuns(order), order }
  }

  /** The change that sets some elements by key and removes others; no other element moves. New ones go to the end. */
  patch(keys: readonly string[], removed: ReadonlySet<string>): Change {
    let { slots } = this
    const positions: number[] = []
    const setSlots: number[] = []
    const setKeys: string[] = []
    const added: number[] = []
    for (const [i, key] of keys.entries()) {
      if (removed.has(key)) continue
      let slot = this.slotOf(key)
      if (slot === undefined) {
        slot = slots++
        added.push(slot)
      }
      positions.push(i)
      setSlots.push(slot)
      setKeys.push(key)
    }
    const isRemoved = (slot: number): boolean => removed.has(this.keys[slot]!)
    const hasRemoval = [...removed].some(key => this.slotOf(key) !== undefined)
    if (!hasRemoval) {
      const order = this.order === undefined ? undefined : [...this.order, ...added]
      return { slots, positions, setSlots, setKeys, runs: undefined, order }
    }
    const order = [...this.live()].filter(slot => !isRemoved(slot)).concat(added)
    return { slots, positions, setSlots, setKeys, runs: toRuns(order), order }
  }

  /** Makes the table hold what `change` says; `shadows` are those of the change's elements, in their order. */
  apply(change: Change, shadows: readonly Shadow[] | undefined): void {
    if (change.runs !== undefined) this.#slotOf = undefined
    if (change.runs !== undefined || this.order !== undefined) this.order = change.order
    this.#slots = change.slots
    const { keys } = this
    if (shadows === undefined) this.shadows = undefined
    for (const [i, slot] of change.setSlots.entries()) {
      keys[slot] = change.setKeys[i]!
      if (this.shadows !== undefined) this.shadows[slot] = shadows![i]
      this.#slotOf?.set(change.setKeys[i]!, slot)
    }
  }

  // Whether `order` is the order of before with nothing but new slots, ascending, at its end.
  #isAppended(order: readonly number[]): boolean {
    if (order.length < this.size) return false
    let i = 0
    for (const slot of this.live()) if (order[i++] !== slot) return false
    for (let slot = this.#slots; i < order.length; i++, slot++) if (order[i] !== slot) return false
    return true
  }
}

// The two loops that every store of a large column runs through: kept short. `===` would look into
// every object (NaN is not itself), `Object.is` compares pointers: three times faster where objects are not in the cache.
function changedInPlace(
  values: readonly unknown[],
  shadows: readonly Shadow[],
  end: number,
  detector: Detector,
): number[] {
  const changed: number[] = []
  for (let i = 0; i < end; i++) {
    if (!Object.is(values[i], shadows[i]) && !detector.same(values[i], shadows[i])) changed.push(i)
  }
  return changed
}

function changedInOrder(
  values: readonly unknown[],
  shadows: readonly Shadow[],
  order: readonly number[],
  end: number,
  detector: Detector,
): number[] {
  const changed: number[] = []
  for (let i = 0; i < end; i++) {
    const shadow = shadows[order[i]!]
    if (!Object.is(values[i], shadow) && !detector.same(values[i], shadow)) changed.push(i)
  }
  return changed
}

function sameValue(value: unknown, shadow: Shadow, detector: Detector): boolean {
  return value === shadow || detector.same(value, shadow)
}

function someIndex(end: number, test: (i: number) => boolean): boolean {
  for (let i = 0; i < end; i++) if (test(i)) return true
  return false
}
