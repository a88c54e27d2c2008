import { MemoryStore } from '../../src/index.ts'
import type { Head } from '../../src/snapshot/head.ts'
import { openHead } from '../../src/snapshot/head-seal.ts'
import type { Store, StoreOperation } from '../../src/store/store.ts'

/** Writes down every change of a store that has but the four verbs. */
export class Recorder {
  readonly store: Store
  readonly log: StoreOperation[] = []

  constructor(inner: Store = new MemoryStore()) {
    this.store = {
      list: (prefix, options) => inner.list(prefix, options),
      load: (key, options) => inner.load(key, options),
      store: async (key, value, options) => {
        this.log.push({ type: 'store', key, value })
        await inner.store(key, value, options)
      },
      remove: async (key, options) => {
        this.log.push({ type: 'remove', key })
        await inner.remove(key, options)
      },
    }
  }

  keys(type: StoreOperation['type']): string[] {
    return this.log.filter(operation => operation.type === type).map(operation => operation.key)
  }

  /** Every head that was stored, with the keys of the segments it names and does not carry. */
  async heads(): Promise<Map<string, string[]>> {
    const heads = new Map<string, string[]>()
    for (const operation of this.log) {
      if (operation.type === 'remove' || !isHead(operation.key)) continue
      heads.set(operation.key, segmentsOf(await openHead(operation.value, operation.key, undefined)))
    }
    return heads
  }
}

export function isHead(key: string): boolean {
  return key.startsWith('app/@head/')
}

/** The keys that a head of the cache `app` names; spelled by docs/FORMAT.md, not by the source. */
export function segmentsOf(head: Head): string[] {
  return head.columns.flatMap(column =>
    column.pieces
      .filter(piece => piece.inline === undefined)
      .map(({ generation, nonce, part }) => {
        const id = `${generation.toString(16).padStart(12, '0')}-${nonce}`
        return `app/${column.name}/${id}${part === 0 ? '' : `.${part}`}`
      }),
  )
}
