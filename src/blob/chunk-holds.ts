import { KeyQueue } from '../store/key-queue.ts'
import type { Store } from '../store/store.ts'

/**
 * Who reads and writes which chunks of a store in this process: chunks of a blob that was replaced or deleted stay until
 * nobody reads them.
 */
export class ChunkHolds {
  /** One change at a time of what is under a key. */
  readonly queue: KeyQueue = new KeyQueue()
  /** Ids of puts that are under way. */
  readonly writing: Set<string> = new Set()
  readonly #opening = new Map<string, number>()
  readonly #readers = new Map<string, number>()
  readonly #doomed = new Map<string, { readonly name: string; readonly remove: () => Promise<void> }>()

  /** Holds all chunks of the blob `name` while `find` looks for it, and those of what it found from then on. */
  async open<T extends { readonly id: string }>(
    name: string,
    find: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    add(this.#opening, name, 1)
    try {
      const found = await find()
      if (found !== undefined) add(this.#readers, found.id, 1)
      return found
    } finally {
      add(this.#opening, name, -1)
      await this.#removeFree()
    }
  }

  /** As {@link release}, to be called by several who do not know of each other: only the first call does something. */
  releaseOnce(id: string): () => Promise<void> {
    let isReleased = false
    return async () => {
      if (isReleased) return
      isReleased = true
      await this.release(id)
    }
  }

  /** Ends one hold on the chunks of `id`. */
  async release(id: string): Promise<void> {
    add(this.#readers, id, -1)
    await this.#removeFree()
  }

  /** Calls `remove` as soon as nobody reads the chunks of `id`, which were those of the blob `name`. */
  async doom(name: string, id: string, remove: () => Promise<void>): Promise<void> {
    this.#doomed.set(id, { name, remove })
    await this.#removeFree()
  }

  /** Whether somebody in this process needs the chunks of `id`, or will remove them. */
  isHeld(id: string): boolean {
    return this.writing.has(id) || this.#readers.has(id) || this.#doomed.has(id)
  }

  async #removeFree(): Promise<void> {
    for (const [id, { name, remove }] of this.#doomed) {
      if (this.#readers.has(id) || this.#opening.has(name)) continue
      this.#doomed.delete(id)
      await remove()
    }
  }
}

const holdsOfStores = new WeakMap<Store, ChunkHolds>()

/** The holds on `store`, which all who use this object share. */
export function holdsOf(store: Store): ChunkHolds {
  const known = holdsOfStores.get(store)
  if (known !== undefined) return known
  const holds = new ChunkHolds()
  holdsOfStores.set(store, holds)
  return holds
}

function add(counts: Map<string, number>, name: string, change: number): void {
  const count = (counts.get(name) ?? 0) + change
  if (count > 0) counts.set(name, count)
  else counts.delete(name)
}
