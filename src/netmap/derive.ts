import { compareUtf8 } from '../bytes/utf8.ts'
import type { LoadedNetmap, Netmap } from './netmap.ts'
import type { Node } from './tailcfg.ts'

/** `netmap` as a load returns it: peers sorted by `ID`, `NodeKey` and `AllCaps` taken from the self node. */
export function deriveLoaded(netmap: Netmap): LoadedNetmap {
  const { SelfNode, Peers } = netmap
  const caps = new Set([...(SelfNode.Capabilities ?? []), ...Object.keys(SelfNode.CapMap ?? {})])
  return {
    ...netmap,
    // An empty list and none are one in Go after a load.
    Peers: Peers === null || Peers.length === 0 ? null : [...Peers].sort(compareById),
    NodeKey: SelfNode.Key,
    AllCaps: [...caps].sort(compareUtf8),
    Cached: true,
  }
}

/** The order of peers after a load: by numeric ID. */
export function compareById(a: Node, b: Node): number {
  // Comparison of a number with a bigint is exact in JavaScript; subtraction would not be.
  if (a.ID === b.ID) return 0
  return a.ID < b.ID ? -1 : 1
}
