import type { Store } from '../../src/store/store.ts'
import { InterceptedBatchStore, InterceptedStore, type StoreCall } from './intercepted-store.ts'

/** Lets calls of several stores on one disk happen one at a time, in an order drawn by `random`. */
export class Scheduler {
  readonly #random: () => number
  readonly #waiting: (() => void)[] = []
  #isRunning = false

  constructor(random: () => number) {
    this.#random = random
  }

  /** A store on `disk` whose calls begin, and end, when it is their turn. */
  store(disk: Store, batched = false): Store {
    const intercept = async <T>(_: StoreCall, run: () => Promise<T>): Promise<T> => {
      await this.#turn()
      const result = await run()
      await this.#turn()
      return result
    }
    return batched ? new InterceptedBatchStore(disk, intercept) : new InterceptedStore(disk, intercept)
  }

  #turn(): Promise<void> {
    return new Promise(resolve => {
      this.#waiting.push(resolve)
      if (!this.#isRunning) void this.#run()
    })
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    while (this.#waiting.length > 0) {
      // All that can go on without the store goes on first, so that the order depends on nothing but the seed.
      await new Promise(resolve => setImmediate(resolve))
      const [next] = this.#waiting.splice(Math.floor(this.#random() * this.#waiting.length), 1)
      next?.()
    }
    this.#isRunning = false
  }
}
