import type { Store } from '../../src/store/store.ts'
import { InterceptedStore, type StoreCall } from './intercepted-store.ts'

/** A store that holds its calls until they are let through. */
export interface GatedStore {
  readonly store: Store
  readonly calls: StoreCall[]
  /** Resolves when a call for which `test` is true waits at the gate. */
  reached(test: (call: StoreCall) => boolean): Promise<void>
  /** Closes the gate: calls wait. */
  shut(): void
  /** Opens it. */
  open(): void
}

/** Holds calls while shut. It knows no signals, as a store is free not to. */
export function gatedStore(disk: Store): GatedStore {
  const calls: StoreCall[] = []
  const watchers: { test: (call: StoreCall) => boolean; tell: () => void }[] = []
  let gate: Promise<void> | undefined
  let openGate = (): void => undefined
  const intercept = async <T>(call: StoreCall, run: () => Promise<T>): Promise<T> => {
    calls.push(call)
    for (const { test, tell } of watchers) if (test(call)) tell()
    await gate
    return await run()
  }
  return {
    store: new InterceptedStore(disk, intercept),
    calls,
    reached: test => new Promise(tell => watchers.push({ test, tell })),
    shut() {
      gate ??= new Promise(resolve => {
        openGate = resolve
      })
    },
    open() {
      openGate()
      gate = undefined
    },
  }
}
