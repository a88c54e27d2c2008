import type { Store } from 'coldsnap'
import type { NetmapPeer, NetmapState } from '../../helpers/netmap-state.ts'
import { type Opened, smallFields, type Variant } from '../contender.ts'

/** A SnapshotCache of network maps over `store`, which it closes in the end. */
export function openSnapshot(
  { entries, keyed, SnapshotCache }: typeof import('coldsnap'),
  store: Store,
  { immutable, compress }: Variant,
): Opened {
  const cache = new SnapshotCache<NetmapState>(store, {
    name: 'netmap',
    columns: { Peers: keyed(peer => peer.StableID), UserProfiles: entries() },
    immutable,
    compress,
  })
  return {
    load: async () => (await cache.load())!.state,
    first: async () => (await cache.load({ columns: ['SelfNode'] }))!.state.SelfNode,
    small: async () => (await cache.load({ columns: smallFields }))!.state,
    element: async id => {
      const view = await cache.view()
      return (await view!.element('Peers', id)) as NetmapPeer | undefined
    },
    store: async state => void (await cache.store(state)),
    close: async () => {
      await cache.close()
      await store.close?.()
    },
  }
}
