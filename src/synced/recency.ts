import type { LocalEntry } from './local-cache.ts'

/** An entry in the place that its last use gave it. */
export class RecentNode<E extends LocalEntry> {
  readonly key: string
  entry: E
  /** The list that it is in. */
  list: Recency<E> | undefined
  newer: RecentNode<E> | undefined
  older: RecentNode<E> | undefined
  /** What a policy keeps of the key. */
  mark = 0

  constructor(key: string, entry: E) {
    this.key = key
    this.entry = entry
  }
}

/** Entries from the one used last to the one that was not used for longest, and how many bytes they are. */
export class Recency<E extends LocalEntry> {
  #newest: RecentNode<E> | undefined
  #oldest: RecentNode<E> | undefined
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  get oldest(): RecentNode<E> | undefined {
    return this.#oldest
  }

  /** Puts a node that is in no list before all others. */
  add(node: RecentNode<E>): void {
    this.#bytes += node.entry.byteLength
    node.list = this
    this.#link(node)
  }

  /** Takes a node of this list out. */
  remove(node: RecentNode<E>): void {
    this.#bytes -= node.entry.byteLength
    node.list = undefined
    this.#unlink(node)
  }

  /** Puts a node of this list before all others. */
  touch(node: RecentNode<E>): void {
    if (this.#newest === node) return
    this.#unlink(node)
    this.#link(node)
  }

  clear(): void {
    this.#newest = undefined
    this.#oldest = undefined
    this.#bytes = 0
  }

  #link(node: RecentNode<E>): void {
    node.newer = undefined
    node.older = this.#newest
    if (this.#newest === undefined) this.#oldest = node
    else this.#newest.newer = node
    this.#newest = node
  }

  #unlink(node: RecentNode<E>): void {
    if (node.newer === undefined) this.#newest = node.older
    else node.newer.older = node.older
    if (node.older === undefined) this.#oldest = node.newer
    else node.older.newer = node.newer
  }
}
