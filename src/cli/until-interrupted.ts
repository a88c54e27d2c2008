/// <reference types="node" />
import { onAbort } from '../core/on-abort.ts'

/** Resolves when `signal` is aborted, and keeps the process alive until then. */
export async function untilInterrupted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const timer = setInterval(() => undefined, 1 << 30)
  await new Promise<void>(resolve => onAbort(signal, resolve))
  clearInterval(timer)
}
