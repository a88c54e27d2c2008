import type { Peer } from './netmap.ts'

/** The ids of the peers that are new or different. */
export function changedPeers(before: readonly Peer[], after: readonly Peer[]): string[] {
  const known = new Map(before.map(peer => [peer.id, peer]))
  return after.filter(peer => !isSame(known.get(peer.id), peer)).map(({ id }) => id)
}

function isSame(a: Peer | undefined, b: Peer): boolean {
  // Texts, truth values and lists of texts: they are told apart by how they are written.
  return a !== undefined && Object.entries(b).every(([name, value]) => String(value) === String(a[name as keyof Peer]))
}
