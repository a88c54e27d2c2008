import type { CallSignal } from './call-signal.ts'

interface Watch {
  readonly listeners: Set<() => void>
  readonly tell: () => void
}

const watches = new WeakMap<CallSignal, Watch>()

/**
 * Calls `listener` when `signal` aborts, which it has not yet; gives what ends that. However many listen, the signal has
 * one listener: platforms look through all of a signal's listeners whenever one is added.
 */
export function onAbort(signal: CallSignal, listener: () => void): () => void {
  const watch = watches.get(signal) ?? begin(signal)
  const { listeners, tell } = watch
  // The same function may listen twice.
  const own = (): void => listener()
  listeners.add(own)
  return () => {
    if (!listeners.delete(own) || listeners.size > 0 || watches.get(signal) !== watch) return
    watches.delete(signal)
    signal.removeEventListener('abort', tell)
  }
}

function begin(signal: CallSignal): Watch {
  const listeners = new Set<() => void>()
  const tell = (): void => {
    watches.delete(signal)
    for (const listener of listeners) listener()
  }
  const watch = { listeners, tell }
  watches.set(signal, watch)
  signal.addEventListener('abort', tell, { once: true })
  return watch
}
