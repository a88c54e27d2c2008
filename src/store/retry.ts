import { systemCode } from './file-error.ts'
import type { Awaitable } from './file-io.ts'

// Conditions that pass by themselves: other code gives descriptors back, or a signal handler interrupted the call.
const transient: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'EINTR'])
// Windows refuses to rename, remove or open a file while a virus scanner or an indexer has it, or while it is going.
const sharing: ReadonlySet<string> = new Set(['EPERM', 'EACCES', 'EBUSY'])

const transientTries = 12
const sharingBudgetMs = 2000

/**
 * Runs a call that changes nothing when it fails, again after a pause if the failure is one that passes (no free
 * descriptor, an interrupted call). About a second in all, then the error is thrown. Never use it for fsync or close:
 * what a second call reports about the first is worthless.
 */
export async function retryTransient<T>(run: () => Awaitable<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run()
    } catch (error) {
      if (attempt === transientTries || !transient.has(systemCode(error))) throw error
    }
    await pause(Math.min(2 ** attempt, 150))
  }
}

/** As {@link retryTransient}; on Windows also up to two seconds while another program has a file open. */
export async function retrySharing<T>(run: () => Awaitable<T>, platform: string): Promise<T> {
  if (platform !== 'win32') return await retryTransient(run)
  const deadline = performance.now() + sharingBudgetMs
  for (let attempt = 1; ; attempt++) {
    try {
      return await retryTransient(run)
    } catch (error) {
      if (!sharing.has(systemCode(error)) || performance.now() >= deadline) throw error
    }
    await pause(Math.min(2 ** attempt, 100))
  }
}

// Jitter, so that two writers that wait for each other do not keep step.
function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms * (0.5 + Math.random() / 2)))
}
