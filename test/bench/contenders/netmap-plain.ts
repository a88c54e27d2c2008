import type { Netmap } from 'coldsnap/netmap'
import type { NetmapPeer, NetmapState } from '../../helpers/netmap-state.ts'
import type { Opened, SmallFields, Variant } from '../contender.ts'
import { netmapStateOf } from './netmap-state-of.ts'

/** What it brings in; counted as a part of a read. */
export const imports = () => Promise.all([import('coldsnap/file'), import('coldsnap/netmap')])

/** A netmap cache in the layout of Tailscale's own directory, over a FileStore. It has no partial reads: they load all. */
export async function open(directory: string, { power }: Variant): Promise<Opened> {
  const [{ FileStore }, { netmapCache }] = await imports()
  const store = await FileStore.open(directory, { durability: power ? 'power' : 'process' })
  const cache = netmapCache(store, { layout: 'plain' })
  const load = async (): Promise<NetmapState> => netmapStateOf((await cache.load())!.state)
  return {
    load,
    first: async (): Promise<NetmapPeer> => (await load()).SelfNode,
    small: async (): Promise<SmallFields> => {
      const { Peers: _, UserProfiles: __, ...rest } = await load()
      return rest
    },
    element: async id => (await load()).Peers.find(peer => peer.StableID === id),
    store: async state => void (await cache.store(state as object as Netmap)),
    close: async () => {
      await cache.close()
      await store.close()
    },
  }
}
