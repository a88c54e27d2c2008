import type { PeerService } from './peer-service.ts'

/** A client for one peer, made by a {@link Transport}. It connects when first called, not before. */
export interface Peer extends PeerService {
  /** The peer's address as the ring has it. */
  readonly address: string
  /** Ends the calls under way with `PEER_FAILED` and releases the connections. Closing twice succeeds. */
  close(): Promise<void>
}

/** How a node reaches the others: the one seam between a group and the network. */
export interface Transport {
  /** A client for the peer at `address`. Throws `INVALID_PEERS` for an address that can never be reached. */
  connect(address: string): Peer
  /** Releases what all clients share. */
  close?(): Promise<void>
}
