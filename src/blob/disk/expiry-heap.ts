/** When a blob expires. */
export interface Expiry {
  readonly id: string
  readonly expiresAtMs: number
}

/** A binary heap: the earliest expiry is always at hand. */
export class ExpiryHeap {
  readonly #items: Expiry[] = []

  get size(): number {
    return this.#items.length
  }

  get first(): Expiry | undefined {
    return this.#items[0]
  }

  add(item: Expiry): void {
    const items = this.#items
    let at = items.length
    items.push(item)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (items[parent]!.expiresAtMs <= item.expiresAtMs) break
      items[at] = items[parent]!
      at = parent
    }
    items[at] = item
  }

  removeFirst(): void {
    const items = this.#items
    const last = items.pop()
    if (last === undefined || items.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= items.length) break
      if (child + 1 < items.length && items[child + 1]!.expiresAtMs < items[child]!.expiresAtMs) child++
      if (items[child]!.expiresAtMs >= last.expiresAtMs) break
      items[at] = items[child]!
      at = child
    }
    items[at] = last
  }
}
