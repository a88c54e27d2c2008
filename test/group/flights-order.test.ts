import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Flight, Flights } from '../../src/group/flights.ts'

// COLDSNAP_RUNS=20 makes every property run 20 times as many samples.
const factor = Number(process.env['COLDSNAP_RUNS'] ?? 1)

type Step =
  | { readonly kind: 'get' | 'getLong' | 'refresh' | 'set' | 'remove' | 'failNext' }
  | { readonly kind: 'abort'; readonly caller: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Step>({ kind: 'get' }) },
  { weight: 1, arbitrary: fc.constantFrom<Step[]>({ kind: 'getLong' }, { kind: 'refresh' }, { kind: 'failNext' }) },
  { weight: 2, arbitrary: fc.constantFrom<Step[]>({ kind: 'set' }, { kind: 'remove' }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('abort'), caller: fc.nat(7) }) },
)

/** A cache of one key over an origin whose values are numbers that grow with each change. */
class Model {
  readonly flights = new Flights<number>()
  readonly #scheduler: fc.Scheduler
  origin = 0
  cached: number | undefined
  running = 0
  failNext = false
  readonly abandoned: Flight[] = []

  constructor(scheduler: fc.Scheduler) {
    this.#scheduler = scheduler
  }

  async get(signal?: AbortSignal): Promise<number> {
    return this.cached ?? (await this.flights.run('key', flight => this.load(flight), signal))
  }

  async load(flight: Flight): Promise<number> {
    this.running += 1
    try {
      const fails = this.failNext
      this.failNext = false
      await this.#scheduler.schedule(Promise.resolve(), 'the request travels')
      const value = this.origin
      if (fails) throw new Error('origin failed')
      await this.#scheduler.schedule(Promise.resolve(), 'the answer travels')
      if (flight.isCurrent) this.cached = value
      return value
    } finally {
      this.running -= 1
    }
  }

  change(isKept: boolean): void {
    this.origin += 1
    this.cached = isKept ? this.origin : undefined
    this.flights.detach('key')
  }
}

it('whatever the order of get, refresh, set, remove, abort and failure, nobody sees a value from before a change', async () => {
  const order = async (scheduler: fc.Scheduler, steps: readonly Step[]): Promise<void> => {
    const model = new Model(scheduler)
    const callers: AbortController[] = []
    const checks: Promise<void>[] = []

    const get = (signal?: AbortSignal): void => {
      const oldest = model.origin
      const check = async (): Promise<void> => {
        const found = await model.get(signal).catch((error: Error) => error)
        if (typeof found === 'number') {
          expect(found).toBeGreaterThanOrEqual(oldest)
          expect(found).toBeLessThanOrEqual(model.origin)
        } else if (found.message !== 'origin failed') {
          expect(found).toMatchObject({ code: 'ABORTED' })
          expect(signal?.aborted).toBe(true)
        }
      }
      checks.push(check())
    }

    const sequence = scheduler.scheduleSequence(
      steps.map(each => async () => {
        if (each.kind === 'get') {
          const caller = new AbortController()
          callers.push(caller)
          get(caller.signal)
        } else if (each.kind === 'getLong') get()
        else if (each.kind === 'refresh') model.flights.runBehind('key', flight => model.load(flight))
        else if (each.kind === 'failNext') model.failNext = true
        else if (each.kind === 'abort') callers[each.caller]?.abort()
        else model.change(each.kind === 'set')
        // What is cached is never older than the last change.
        expect(model.cached ?? model.origin).toBe(model.origin)
      }),
    )
    await scheduler.waitIdle()
    expect((await sequence.task).faulty).toBe(false)
    await Promise.all(checks)
    expect(model.cached ?? model.origin).toBe(model.origin)
    expect([model.running, model.flights.size]).toEqual([0, 0])
  }
  await fc.assert(fc.asyncProperty(fc.scheduler(), fc.array(step, { maxLength: 20 }), order), { numRuns: 300 * factor })
})

it('the work is aborted exactly when its last caller left, in any order of joins, aborts and detach', async () => {
  const action = fc.oneof(
    fc.record({ kind: fc.constant('join' as const), caller: fc.nat(4) }),
    fc.record({ kind: fc.constant('abort' as const), caller: fc.nat(4) }),
    fc.record({ kind: fc.constant('detach' as const), caller: fc.constant(0) }),
  )
  const property = fc.asyncProperty(fc.array(action, { maxLength: 30 }), async actions => {
    const flights = new Flights<string>()
    const callers = Array.from({ length: 5 }, () => new AbortController())
    /** Every flight that began: who waits, and whether new callers may join. */
    const model: { flight: Flight; waiting: Set<number>; isOpen: boolean }[] = []
    const results: Promise<unknown>[] = []
    const ends: ((value: string) => void)[] = []
    const work = (flight: Flight): Promise<string> => {
      model.push({ flight, waiting: new Set(), isOpen: true })
      return new Promise(resolve => ends.push(resolve))
    }
    for (const { kind, caller } of actions) {
      const open = model.find(({ isOpen }) => isOpen)
      if (kind === 'join') {
        const { signal } = callers[caller]!
        results.push(flights.run('key', work, signal).catch((error: unknown) => error))
        if (!signal.aborted) (open ?? model.at(-1))?.waiting.add(caller)
      } else if (kind === 'abort') {
        callers[caller]!.abort()
        for (const each of model) if (each.waiting.delete(caller) && each.waiting.size === 0) each.isOpen = false
      } else {
        flights.detach('key')
        if (open !== undefined) open.isOpen = false
      }
      for (const { flight, waiting, isOpen } of model) {
        expect(flight.isCurrent).toBe(isOpen)
        expect(flight.signal.aborted).toBe(waiting.size === 0)
      }
    }
    expect(flights.size).toBe(model.length)
    for (const end of ends) end('value')
    await Promise.all(results)
    expect(flights.size).toBe(0)
  })
  await fc.assert(property, { numRuns: 300 * factor })
})
