import { CacheError } from '../errors.ts'

/** What {@link followPeerLists} does with what comes. */
export interface PeerListTaker {
  /** May throw: the list is passed over then. */
  readonly apply: (peers: readonly string[]) => void
  readonly onError: (error: unknown) => void
}

/** Hands on every list of `source` until it ends, fails or `signal` aborts. Never rejects. */
export async function followPeerLists(
  source: AsyncIterable<readonly string[]>,
  signal: AbortSignal,
  { apply, onError }: PeerListTaker,
): Promise<void> {
  const lists = source[Symbol.asyncIterator]()
  let stop: () => void = () => undefined
  const stopped = new Promise<undefined>(resolve => {
    stop = () => resolve(undefined)
  })
  signal.addEventListener('abort', stop, { once: true })
  try {
    while (!signal.aborted) {
      const next = await Promise.race([lists.next(), stopped])
      if (next === undefined || next.done || signal.aborted) break
      try {
        apply(next.value)
      } catch (error) {
        onError(error)
      }
    }
  } catch (cause) {
    onError(new CacheError('INVALID_PEERS', 'The source of the lists of peers failed; the last list stays', { cause }))
  } finally {
    signal.removeEventListener('abort', stop)
    // A generator that waits for its next list ends when that comes: nobody waits for it here.
    lists.return?.()?.then(undefined, () => undefined)
  }
}
