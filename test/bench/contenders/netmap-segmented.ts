import type { Netmap } from 'coldsnap/netmap'
import type { NetmapPeer } from '../../helpers/netmap-state.ts'
import { type Opened, type SmallFields, smallFields, type Variant } from '../contender.ts'
import { netmapStateOf } from './netmap-state-of.ts'

// Derived of the self node, not stored.
const stored = smallFields.filter(name => name !== 'NodeKey')

/** What it brings in; counted as a part of a read. */
export const imports = () => Promise.all([import('coldsnap/file'), import('coldsnap/netmap')])

/** A netmap cache in the layout of every snapshot cache, over a FileStore. */
export async function open(directory: string, { power, immutable, compress }: Variant): Promise<Opened> {
  const [{ FileStore }, { netmapCache }] = await imports()
  const store = await FileStore.open(directory, { durability: power ? 'power' : 'process' })
  const cache = netmapCache(store, { immutable, compress })
  return {
    load: async () => netmapStateOf((await cache.load())!.state),
    first: async () => (await cache.load({ columns: ['SelfNode'] }))!.state.SelfNode as object as NetmapPeer,
    small: async () => {
      const { state } = (await cache.load({ columns: stored }))!
      return { ...state, NodeKey: state.SelfNode.Key } as object as SmallFields
    },
    element: async id => {
      const view = await cache.view()
      return (await view!.element('Peers', id)) as object as NetmapPeer | undefined
    },
    store: async state => void (await cache.store(state as object as Netmap)),
    close: async () => {
      await cache.close()
      await store.close()
    },
  }
}
