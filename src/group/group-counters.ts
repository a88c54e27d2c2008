/** The counters of a group while they count: the plain numbers of `GroupStats`, by Go's rules. */
export class GroupCounters {
  gets = 0
  cacheHits = 0
  getFromPeersLatencyLower = 0
  peerLoads = 0
  peerErrors = 0
  loads = 0
  loadsDeduped = 0
  localLoads = 0
  localLoadErrs = 0
  removeKeysRequests = 0
  removedKeys = 0
  staleHits = 0
  refreshes = 0
  negativeHits = 0
  peerGets = 0

  /** Keeps the slowest answer of a peer, in whole milliseconds. */
  peerAnswered(elapsedMs: number): void {
    this.getFromPeersLatencyLower = Math.max(this.getFromPeersLatencyLower, Math.floor(elapsedMs))
  }
}
