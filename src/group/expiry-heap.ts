/** Something that expires, and knows its place in the heap. */
export interface Expiring {
  readonly expiresAtMs: number
  /** Written by the heap only; -1 outside of it. */
  heapIndex: number
}

/** Items with the one that expires first at hand: a binary heap that can also lose items from its middle. */
export class ExpiryHeap<T extends Expiring> {
  readonly #items: T[] = []

  /** The item that expires first. */
  get first(): T | undefined {
    return this.#items[0]
  }

  /** Takes an item that is not in it. What is new mostly expires last: then this is one comparison. */
  add(item: T): void {
    this.#items.push(item)
    this.#rise(item, this.#items.length - 1)
  }

  /** Drops an item that is in it. */
  delete(item: T): void {
    const at = item.heapIndex
    item.heapIndex = -1
    const last = this.#items.pop()
    if (last === undefined || last === item) return
    // The last item takes the place; it may belong further up or further down.
    this.#rise(last, at)
    this.#sink(last, last.heapIndex)
  }

  clear(): void {
    this.#items.length = 0
  }

  #rise(item: T, from: number): void {
    let at = from
    while (at > 0) {
      const parentAt = (at - 1) >> 1
      const parent = this.#items[parentAt]!
      if (parent.expiresAtMs <= item.expiresAtMs) break
      this.#put(parent, at)
      at = parentAt
    }
    this.#put(item, at)
  }

  #sink(item: T, from: number): void {
    let at = from
    for (;;) {
      const childAt = this.#earlierChild(at)
      const child = this.#items[childAt]
      if (child === undefined || child.expiresAtMs >= item.expiresAtMs) break
      this.#put(child, at)
      at = childAt
    }
    this.#put(item, at)
  }

  #earlierChild(at: number): number {
    const [left, right] = [this.#items[2 * at + 1], this.#items[2 * at + 2]]
    return right !== undefined && left !== undefined && right.expiresAtMs < left.expiresAtMs ? 2 * at + 2 : 2 * at + 1
  }

  #put(item: T, at: number): void {
    this.#items[at] = item
    item.heapIndex = at
  }
}
