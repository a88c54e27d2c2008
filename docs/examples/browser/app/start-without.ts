import type { Peer } from './netmap.ts'
import type { Pane } from './pane.ts'
import { fetchNetmap } from './server-calls.ts'

/** What can be done with the pane once it has started. */
export interface WithoutColdsnap {
  change(peer: Peer): Promise<void>
}

/** A start as it is without a cache: nothing to see until the server has answered. */
export async function startWithout(pane: Pane): Promise<WithoutColdsnap> {
  pane.wait('Waiting for the server')
  try {
    const { netmap, bytes } = await fetchNetmap()
    await pane.showFresh(netmap)
    pane.showWhole(bytes)
  } catch {
    pane.showOffline('The server did not answer, so there is nothing to show')
  }
  return { change: async peer => await pane.change(peer) }
}
