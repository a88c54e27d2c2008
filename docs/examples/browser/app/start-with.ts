import { entries, keyed, SnapshotCache } from 'coldsnap'
import { LevelStore } from 'coldsnap/level'
import { changedPeers } from './changed-peers.ts'
import type { Netmap, Peer } from './netmap.ts'
import type { Pane } from './pane.ts'
import { fetchNetmap } from './server-calls.ts'

/** What can be done with the pane once it has started. */
export interface WithColdsnap {
  /** Stores and shows one peer that the server says has changed. */
  change(peer: Peer): Promise<void>
  forget(): Promise<void>
}

/** A start with coldsnap: the last good state at once, the fresh one when the server has answered. */
export async function startWith(pane: Pane): Promise<WithColdsnap> {
  const fetching = fetchNetmap()
  // Being offline is a normal case, looked at below.
  fetching.catch(() => undefined)

  const store = await LevelStore.open('coldsnap-example')
  const cache = new SnapshotCache<Netmap>(store, {
    columns: { peers: keyed('id'), users: entries() },
    immutable: true,
  })

  const snapshot = await cache.load()
  if (snapshot === undefined) pane.wait('Nothing stored yet: waiting for the server')
  else await pane.showStale(snapshot.state, snapshot.savedAt)

  try {
    const { netmap } = await fetching
    const changed = snapshot === undefined ? [] : changedPeers(snapshot.state.peers, netmap.peers)
    await pane.showFresh(netmap, changed)
    // Drawn first, stored afterwards.
    const { bytes } = await cache.store(netmap)
    pane.showWritten(bytes, snapshot === undefined ? 'all' : changed.length, await wholeBytes())
  } catch {
    pane.showOffline('The server did not answer, and nothing is stored from a visit before')
  }

  async function wholeBytes(): Promise<number> {
    return (await cache.generations())[0]?.bytes ?? 0
  }

  return {
    change: async peer => {
      await pane.change(peer)
      const { bytes } = await cache.patch('peers', { set: [peer] })
      pane.showWritten(bytes, 1, await wholeBytes())
    },
    forget: async () => await cache.clear(),
  }
}
