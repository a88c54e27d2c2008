import type { Peer } from './netmap.ts'

/** The ids of the peers that are new or different. */
export function changedPeers(before: readonly Peer[], after: readonly Peer[]): string[] {
  const known = new Map(before.map(peer => [peer.id, peer]))
  return after.filter(peer => !isSame(known.get(peer.id), peer)).map(({ id }) => id)
}

function isSame(a: Peer | undefined, b: Peer): boolean {
  return a?.online === b.online && a.lastSeen === b.lastSeen && JSON.stringify(a) === JSON.stringify(b)
}
