/** A lock that is held. */
export interface DirectoryLock {
  /** Gives the lock back; a second call does nothing. */
  release(): Promise<void>
}

/** What `lockDirectory` locks. */
export interface LockTarget {
  /** Absolute path, for messages and for systems that lock the directory itself. */
  readonly directory: string
  /** Device and inode: the same whatever path led there. */
  readonly identity: string
  /** User id of whom the directory belongs to. */
  readonly ownerId: number
}
