import { abortedBy } from '../core/abortable.ts'
import { CacheError } from '../errors.ts'

/** A lock of this origin that tabs and workers see, and that ends with whoever holds it. */
export interface TabLock {
  /** False once it was released, or taken away by another that asked with `steal`. */
  readonly isHeld: boolean
  release(): Promise<void>
}

/** What a lock is of: stores of different kinds have names of their own. */
export type TabLockKind = 'level' | 'opfs'

/**
 * Takes the lock of the store `name`. If another tab or worker has it, throws `LOCKED`, or waits for its end if `wait`
 * says so, until `signal` aborts. Resolves to `undefined` where there are no such locks: in old browsers, and on pages
 * that came over plain http.
 */
export async function lockTab(
  name: string,
  wait: boolean,
  signal: AbortSignal | undefined,
  kind: TabLockKind = 'level',
): Promise<TabLock | undefined> {
  const locks: LockManager | undefined = globalThis.navigator?.locks
  if (locks === undefined) return undefined
  let isHeld = true
  const options: LockOptions = wait ? (signal === undefined ? {} : { signal }) : { ifAvailable: true }
  return await new Promise((resolve, reject) => {
    // The lock is held until the promise that the callback gives is resolved.
    const request = locks.request(`coldsnap:${kind}:${name}`, options, async lock => {
      if (lock === null) throw new CacheError('LOCKED', `Cannot open ${name}: another tab or worker has it open`)
      await new Promise<void>(done => {
        const release = async (): Promise<void> => {
          done()
          await ended
        }
        resolve({
          get isHeld() {
            return isHeld
          },
          release,
        })
      })
    })
    const ended: Promise<void> = request
      .catch((error: unknown) => reject(signal?.aborted === true ? abortedBy(signal) : error))
      .then(() => {
        isHeld = false
      })
  })
}
