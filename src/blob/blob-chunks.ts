import { concatenate } from '../bytes/concatenate.ts'
import { abortable, abortedBy } from '../core/abortable.ts'
import { checkSignal } from '../core/check.ts'
import { onAbort } from '../core/on-abort.ts'

/** What a body is read from. A Node `Readable` is an AsyncIterable. */
export type BlobSource = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>

/** Throws a TypeError unless `source` is something that can be read as a stream. */
export function checkSource(source: BlobSource): void {
  if (typeof source !== 'object' || source === null || !(isStream(source) || Symbol.asyncIterator in source)) {
    throw new TypeError(`Body of a blob must be a ReadableStream or AsyncIterable, received ${typeof source}`)
  }
}

/**
 * The chunks of `source`, without empty ones; they are borrowed until the next is asked for. An abort of `signal` ends the
 * wait for a stalled source with `ABORTED`. A source that is not read to its end is told to stop.
 */
export async function* chunksOf(source: BlobSource, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  const { next, stop } = open(source)
  let isEnded = false
  try {
    checkSignal(signal)
    for (;;) {
      const { done, value } = await abortable(next(), signal)
      if (done) {
        isEnded = true
        return
      }
      if (!(value instanceof Uint8Array)) {
        throw new TypeError(`Chunks of a blob must be Uint8Arrays, received ${value === null ? 'null' : typeof value}`)
      }
      if (value.byteLength > 0) yield value
    }
  } finally {
    if (!isEnded) stop()
  }
}

/**
 * A stream that reads `chunks` only when it is asked for some, and ends them when it is cancelled or `signal` is aborted;
 * then it errs with `ABORTED`. However it ends, `release` is called once: a generator that was never begun runs no `finally`.
 */
export function streamOf(
  chunks: AsyncGenerator<Uint8Array>,
  signal?: AbortSignal,
  release: () => Promise<void> = async () => undefined,
): ReadableStream<Uint8Array> {
  let unwatch: (() => void) | undefined
  let isReleased = false
  const end = async (): Promise<void> => {
    if (isReleased) return
    isReleased = true
    unwatch?.()
    await release()
  }
  const source: UnderlyingDefaultSource<Uint8Array> = {
    start(controller) {
      const abort = (): void => {
        controller.error(abortedBy(signal))
        // It may be waiting for something that never comes; nobody waits for it.
        void chunks.return(undefined).catch(() => undefined)
        void end().catch(() => undefined)
      }
      if (signal?.aborted) abort()
      else if (signal !== undefined) unwatch = onAbort(signal, abort)
    },
    async pull(controller) {
      try {
        const { done, value } = await chunks.next()
        if (!done) return controller.enqueue(value)
        await end()
        controller.close()
      } catch (error) {
        await end()
        throw error
      }
    },
    async cancel() {
      await chunks.return(undefined)
      await end()
    },
  }
  // Nothing is read ahead: a blob that is opened and only looked at costs nothing.
  return new ReadableStream(source, { highWaterMark: 0 })
}

/** All bytes of `source` in one piece, which is the caller's. */
export async function collect(source: BlobSource, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  for await (const chunk of chunksOf(source, signal)) chunks.push(new Uint8Array(chunk))
  return concatenate(chunks)
}

interface OpenSource {
  readonly next: () => Promise<{ readonly done?: boolean | undefined; readonly value?: unknown }>
  readonly stop: () => void
}

function open(source: BlobSource): OpenSource {
  if (isStream(source)) {
    const reader = source.getReader()
    return { next: () => reader.read(), stop: () => void reader.cancel().catch(() => undefined) }
  }
  const iterator = source[Symbol.asyncIterator]()
  return {
    next: () => Promise.resolve(iterator.next()),
    stop() {
      // A generator that waits for something hears of the end only afterwards; what can be destroyed ends at once.
      if ('destroy' in source && typeof source.destroy === 'function') source.destroy()
      void Promise.resolve(iterator.return?.()).catch(() => undefined)
    },
  }
}

// Not all browsers can iterate streams, and a stream may come from another realm.
function isStream(source: BlobSource): source is ReadableStream<Uint8Array> {
  return 'getReader' in source && typeof source.getReader === 'function'
}
