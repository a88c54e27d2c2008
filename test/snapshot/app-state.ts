import { entries, keyed } from '../../src/snapshot/columns.ts'
import { SnapshotCache } from '../../src/snapshot/snapshot-cache.ts'
import type { SnapshotCacheOptions } from '../../src/snapshot/snapshot-options.ts'
import type { Store } from '../../src/store/store.ts'

export interface Peer {
  id: string
  name: string
  online: boolean
  tags?: string[]
}

export interface User {
  login: string
  seen: number
}

/** A state with a column of every kind. */
export interface AppState {
  self: { name: string; tick: number }
  dns: string[]
  peers: Peer[] | null
  users: Record<string, User>
  routes: Map<string, number>
}

export const columns = { peers: keyed<Peer>('id'), users: entries<User>(), routes: entries<number>() } as const

export function openApp(store: Store, options: SnapshotCacheOptions<AppState> = {}): SnapshotCache<AppState> {
  return new SnapshotCache<AppState>(store, { name: 'app', columns, ...options })
}

export function makePeer(i: number, more: Partial<Peer> = {}): Peer {
  return { id: `n${i}`, name: `host-${i}`, online: i % 3 === 0, ...more }
}

/** A state of `size` peers that has `tick` in it everywhere. */
export function makeState(tick = 0, size = 5): AppState {
  const ids = Array.from({ length: size }, (_, i) => i)
  return {
    self: { name: 'me', tick },
    dns: ['100.100.100.100', `tick-${tick}`],
    peers: ids.map(i => makePeer(i, { name: `host-${i}-${tick}` })),
    users: Object.fromEntries(ids.map(i => [`u${i}`, { login: `user${i}@example.com`, seen: tick }])),
    routes: new Map(ids.map(i => [`10.0.${i}.0/24`, tick * 1000 + i])),
  }
}

/** Everything in a store, by key. */
export async function contents(store: Store): Promise<Map<string, Uint8Array>> {
  const all = new Map<string, Uint8Array>()
  for await (const key of store.list('')) all.set(key, (await store.load(key))!)
  return all
}

/** Makes `store` hold exactly `all`. */
export async function putBack(store: Store, all: ReadonlyMap<string, Uint8Array>): Promise<void> {
  for (const key of [...(await contents(store)).keys()]) if (!all.has(key)) await store.remove(key)
  for (const [key, value] of all) await store.store(key, value)
}
