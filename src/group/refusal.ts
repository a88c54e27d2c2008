/**
 * The cause of a `PEER_FAILED` where the peer is there but did not take this call: it says no, or, as Go's nodes do for a
 * group that they lack, closes the connection. No reason to leave the peer alone with other keys and groups.
 */
export class Refusal extends Error {
  override readonly name: string = 'Refusal'
}
