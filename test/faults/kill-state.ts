import { createClient } from 'redis'
import { RedisStore } from '../../src/redis/redis-store.ts'
import { entries, keyed } from '../../src/snapshot/columns.ts'
import { SnapshotCache } from '../../src/snapshot/snapshot-cache.ts'
import { type Durability, FileStore } from '../../src/store/file-store.ts'
import { LevelStore } from '../../src/store/level-store.ts'
import type { Store } from '../../src/store/store.ts'

/** A peer that says at which tick it was last changed. */
export interface KillPeer {
  readonly id: string
  tick: number
  readonly text: string
}

/** A state in which everything tells of the tick that wrote it, so that no mix of two can pass for one. */
export interface KillState {
  self: { tick: number }
  blob: string
  peers: KillPeer[]
  users: Record<string, { tick: number }>
}

export const storeNames = ['FileStore', 'LevelStore'] as const
/** Of a RedisStore the directory is the address of the server, whose configuration says what is durable. */
export type StoreName = (typeof storeNames)[number] | 'RedisStore'

const peerCount = 150

export async function openStore(
  name: StoreName,
  dir: string,
  durability: Durability,
): Promise<Store & AsyncDisposable> {
  if (name === 'RedisStore') return new RedisStore(createClient({ url: dir }), { prefix: 'kill:' })
  return name === 'FileStore' ? await FileStore.open(dir, { durability }) : await LevelStore.open(dir, { durability })
}

export function openCache(store: Store): SnapshotCache<KillState> {
  return new SnapshotCache<KillState>(store, {
    name: 'kill',
    columns: { peers: keyed<KillPeer>('id'), users: entries<{ tick: number }>() },
  })
}

export function firstState(): KillState {
  const peers = Array.from({ length: peerCount }, (_, i) => peer(i, 0))
  return { self: { tick: 0 }, blob: '', peers, users: {} }
}

function peer(i: number, tick: number): KillPeer {
  return { id: `p${i}`, tick, text: `${tick} `.repeat(40) }
}

/** The tick that wrote `state`: each one changes one of these. */
export function tickOf(state: KillState): number {
  return Math.max(state.self.tick, state.peers[0]!.tick)
}

/**
 * Changes `state` in place as tick number `tick` does, and gives the call that stores just that. Every kind of write has
 * its turn: whole stores of few or all elements, a large value, patches in and beside the head, updates.
 */
export function advance(state: KillState, tick: number): (cache: SnapshotCache<KillState>) => Promise<unknown> {
  const kind = tick % 8
  if (kind === 1 || kind === 5) {
    const first = tick % peerCount
    const changed = new Set([0, ...Array.from({ length: kind === 1 ? 3 : 60 }, (_, i) => (first + i) % peerCount)])
    const set = [...changed].map(i => peer(i, tick))
    for (const [at, one] of state.peers.entries()) {
      const i = Number(one.id.slice(1))
      if (changed.has(i)) state.peers[at] = peer(i, tick)
    }
    return cache => cache.patch('peers', { set })
  }
  state.self = { tick }
  if (kind === 2) {
    state.users = { ...state.users, [`u${tick % 40}`]: { tick } }
    const { self, users } = state
    return cache => cache.update({ self, users })
  }
  if (kind === 3) state.blob = `${tick} `.repeat(20_000)
  else if (kind === 4) state.peers = state.peers.map((_, i) => peer(i, tick))
  else if (kind === 6) state.peers = [state.peers[0]!, ...state.peers.slice(1).reverse()]
  else if (kind === 7) state.blob = ''
  else for (const one of state.peers.slice(0, 5)) one.tick = tick
  return cache => cache.store(state)
}
