import { onAbort } from '../../core/on-abort.ts'
import { isCacheError } from '../../errors.ts'
import { type BlobSource, chunksOf } from '../blob-chunks.ts'

/** The source of one put: it can be stopped from outside, and it is known whether it was the source that failed. */
export class GuardedSource {
  readonly #source: BlobSource
  readonly #controller = new AbortController()
  readonly #unwatch: (() => void) | undefined
  #failure: { readonly error: unknown } | undefined

  /** Is stopped by `given`, too. */
  constructor(source: BlobSource, given: AbortSignal | undefined) {
    this.#source = source
    const abort = (): void => this.#controller.abort(given?.reason)
    if (given?.aborted) abort()
    else if (given !== undefined) this.#unwatch = onAbort(given, abort)
  }

  /** Aborted by whatever stops the put. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** What the source failed with, if it did. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure
  }

  /** The chunks; borrowed until the next is asked for. */
  async *chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    const chunks = chunksOf(this.#source, this.signal)
    try {
      for (;;) {
        const { done, value } = await chunks.next()
        if (done) return
        yield value
      }
    } catch (error) {
      if (!isCacheError(error, 'ABORTED') || !this.signal.aborted) this.#failure = { error }
      throw error
    } finally {
      await chunks.return(undefined)
    }
  }

  /** Ends the put. */
  stop(): void {
    this.#controller.abort()
  }

  /** Forgets the signal that was given. */
  release(): void {
    this.#unwatch?.()
  }
}
