/** One way to keep blobs in a directory, opened. */
export interface OpenedBlobs {
  put(key: string, body: Uint8Array): Promise<void>
  /** The whole body in memory; verified where the contender does that. */
  get(key: string): Promise<Uint8Array>
  /** Where bodies of any size pass in constant memory: puts what `source` yields. */
  putStream?(key: string, source: AsyncIterable<Uint8Array>): Promise<void>
  /** Reads a body to its end and gives its length. */
  readStream?(key: string): Promise<number>
  close(): Promise<void>
}

/** What is measured beside others. */
export interface BlobContender {
  readonly id: string
  readonly title: string
  /** Whether what was put survives a power loss: compared with those of which the same is true. */
  readonly power: boolean
  /** Rejects where a package is not installed. */
  open(directory: string): Promise<OpenedBlobs>
}
