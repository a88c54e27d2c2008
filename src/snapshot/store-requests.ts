import { abortedBy } from '../core/abortable.ts'
import { onAbort } from '../core/on-abort.ts'
import { isCacheError } from '../errors.ts'
import type { CallOptions } from './call-options.ts'
import type { StoreResult } from './store-state.ts'

/** A state that waits to be stored. */
export interface StoreRequest {
  readonly state: object
  readonly options: CallOptions
}

interface Waiting extends StoreRequest {
  readonly resolve: (result: StoreResult) => void
  readonly reject: (error: unknown) => void
}

/**
 * Full stores that wait for their turn: all that came in a row become one, of which the last state is written. A store
 * that came before an update or a patch is not overtaken by one that came after it.
 */
export class StoreRequests {
  #waiting: Waiting[] | undefined

  /** No store that comes from now on joins those that wait. */
  seal(): void {
    this.#waiting = undefined
  }

  /** Settles as `task` does for the last state of the row; `enqueue` gives the row its turn. */
  add(
    request: StoreRequest,
    task: (state: object, options: CallOptions) => Promise<StoreResult>,
    enqueue: (run: () => Promise<void>) => Promise<void>,
  ): Promise<StoreResult> {
    return new Promise((resolve, reject) => {
      const { signal } = request.options
      const waiting: Waiting = { ...request, resolve, reject }
      const abort = (): void => reject(abortedBy(signal))
      if (signal?.aborted) return abort()
      const done = signal === undefined ? (): void => undefined : onAbort(signal, abort)
      const row = this.#waiting
      const entry = { ...waiting, resolve: settle(resolve, done), reject: settle(reject, done) }
      if (row !== undefined) {
        row.push(entry)
        return
      }
      const started = [entry]
      this.#waiting = started
      const run = async (): Promise<void> => {
        if (this.#waiting === started) this.#waiting = undefined
        await runLast(started, task)
      }
      enqueue(run).catch(error => {
        if (this.#waiting === started) this.#waiting = undefined
        for (const { reject: fail } of started) fail(error)
      })
    })
  }
}

function settle<T>(then: (value: T) => void, done: () => void): (value: T) => void {
  return value => {
    done()
    then(value)
  }
}

async function runLast(
  row: readonly Waiting[],
  task: (state: object, options: CallOptions) => Promise<StoreResult>,
): Promise<void> {
  let live = row.filter(isLive)
  for (let last = live.at(-1); last !== undefined; last = live.at(-1)) {
    try {
      const result = await task(last.state, last.options)
      last.resolve(result)
      for (const { resolve } of live) resolve({ ...result, skipped: 'superseded' })
      return
    } catch (error) {
      last.reject(error)
      // What is wrong with one state, or ended one caller's wait, says nothing about the state that came before it.
      const isItsOwn = !isLive(last) || ownFaults.some(code => isCacheError(error, code))
      live = live.slice(0, -1).filter(isLive)
      if (isItsOwn) continue
      for (const { reject } of live) reject(error)
      return
    }
  }
}

const ownFaults = ['UNSUPPORTED_VALUE', 'DUPLICATE_KEY', 'INVALID_KEY', 'VALUE_TOO_LARGE'] as const

function isLive({ options }: StoreRequest): boolean {
  return options.signal?.aborted !== true
}
