import { entries, keyed, MemoryStore, SnapshotCache } from 'coldsnap'
import { LevelStore } from 'coldsnap/level'
import { changedPeers } from './changed-peers.ts'
import type { Netmap, Peer } from './netmap.ts'
import type { Pane } from './pane.ts'
import { fetchNetmap } from './server-calls.ts'

/** What can be done with the pane once it has started. */
export interface WithColdsnap {
  /** Whether nothing was stored when it started. */
  readonly isFirst: boolean
  /** Stores and shows one peer that the server says has changed. */
  change(peer: Peer): Promise<void>
  /** Removes all that is stored. */
  forget(): Promise<void>
}

/** A start with coldsnap: the last good state at once, the fresh one when the server has answered. */
export async function startWith(pane: Pane): Promise<WithColdsnap> {
  // Being offline is a normal case.
  const fetching = fetchNetmap().catch(() => undefined)
  // In IndexedDB, which any number of tabs share. Where a browser keeps nothing, this start is as good as the other one.
  const store = await LevelStore.open('coldsnap-example', { lock: false }).catch(() => new MemoryStore())
  const cache = new SnapshotCache<Netmap>(store, {
    columns: { peers: keyed('id'), users: entries() },
    immutable: true,
  })

  const snapshot = await cache.load()
  if (snapshot === undefined) pane.wait('Nothing stored yet: waiting for the server')
  else await pane.showStale(snapshot.state, snapshot.savedAt)

  const answer = await fetching
  if (answer === undefined) {
    pane.showOffline('The server did not answer, and nothing is stored yet')
  } else {
    // Drawn first, stored afterwards.
    await pane.showFresh(answer.netmap)
    const { bytes } = await cache.store(answer.netmap)
    const changed = snapshot === undefined ? [] : changedPeers(snapshot.state.peers, answer.netmap.peers)
    pane.markChanged(changed)
    pane.showWritten(bytes, snapshot === undefined ? 'all' : changed.length, await wholeBytes())
  }

  async function wholeBytes(): Promise<number> {
    return (await cache.generations())[0]?.bytes ?? 0
  }

  return {
    isFirst: snapshot === undefined,
    change: async peer => {
      await pane.change(peer)
      const { bytes } = await cache.patch('peers', { set: [peer] })
      pane.showWritten(bytes, 1, await wholeBytes())
    },
    forget: async () => await cache.clear(),
  }
}
