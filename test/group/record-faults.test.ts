import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CacheError } from '../../src/errors.ts'
import { maxOwed } from '../../src/group/owed-removals.ts'
import type { RecordStore } from '../../src/group/record-store.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import type { Store } from '../../src/store/store.ts'
import { Dead, dyingStore } from '../helpers/dying-store.ts'
import { Injected } from '../helpers/failing-store.ts'
import { forgetfulStore } from '../helpers/forgetful-store.ts'
import { gatedStore } from '../helpers/gated-store.ts'
import { hangingStore } from '../helpers/hanging-store.ts'
import { InterceptedBatchStore, InterceptedStore, type StoreCall } from '../helpers/intercepted-store.ts'
import { lies, lyingStore } from '../helpers/lying-store.ts'
import { Random } from '../helpers/random.ts'
import { keysOf } from '../store/scratch.ts'
import { entry, now, openRecords, textOf, until } from './record-helpers.ts'

/** A store on `disk` that fails while `isBroken`, with `error`. */
function breakable(disk: Store = new MemoryStore(), batched = false) {
  const state = { isBroken: false, error: new Injected('broken') as Error, calls: [] as StoreCall[] }
  const intercept = async <T>(call: StoreCall, run: () => Promise<T>): Promise<T> => {
    state.calls.push(call)
    if (state.isBroken) throw state.error
    return await run()
  }
  const store = batched ? new InterceptedBatchStore(disk, intercept) : new InterceptedStore(disk, intercept)
  return { state, store, disk }
}

describe('a store that fails', () => {
  it('is a miss for load, counted and told', async () => {
    const { state, store } = breakable()
    const errors: unknown[] = []
    const onError = (error: unknown): void => {
      errors.push(error)
      throw new Error('of the listener')
    }
    const records = openRecords(store, { onError })
    await records.set('a', entry('1'))
    state.isBroken = true
    expect(await records.load('a')).toBeUndefined()
    expect(errors).toEqual([state.error])
    expect(records.stats()).toMatchObject({ errors: 1, misses: 1 })
    state.isBroken = false
    expect(await textOf(records, 'a')).toBe('1')
    await records.close()
  })

  it('is told by set and remove, and what was there is not used again in this run', async () => {
    let nowMs = now
    const { state, store, disk } = breakable()
    const records = openRecords(store, { clock: () => nowMs })
    for (const key of ['a', 'b', 'c']) await records.set(key, entry('old'))
    state.isBroken = true
    await expect(records.remove('a')).rejects.toMatchObject({ code: 'IO', cause: state.error })
    state.error = new CacheError('STORE_FULL', 'no room')
    await expect(records.set('b', entry('new'))).rejects.toBe(state.error)
    await expect(records.remove('c')).rejects.toBe(state.error)
    state.isBroken = false
    for (const key of ['a', 'b', 'c']) expect(await records.load(key)).toBeUndefined()
    expect(await keysOf(disk)).toEqual(['users/=a', 'users/=b', 'users/=c'])
    // What is stored anew is good, and the rest goes at a later call, once the pause is over.
    await records.set('c', entry('newer'))
    nowMs += 1_001
    expect(await records.load('else')).toBeUndefined()
    await records.flush()
    expect(await keysOf(disk)).toEqual(['users/=c'])
    expect(await textOf(records, 'c')).toBe('newer')
    await records.close()
  })

  it('is tried again ever less often, and once more by close', async () => {
    let nowMs = now
    const { state, store, disk } = breakable()
    const records = openRecords(store, { clock: () => nowMs })
    await records.set('a', entry('old'))
    state.isBroken = true
    await expect(records.remove('a')).rejects.toThrow()
    const removals = (): number => state.calls.filter(call => call.verb === 'remove').length
    expect(removals()).toBe(1)
    for (let second = 1; second <= 100; second++) {
      nowMs += 1_000
      await records.load('b')
      await records.flush()
    }
    expect(removals()).toBeGreaterThan(4)
    expect(removals()).toBeLessThan(9)
    state.isBroken = false
    await records.close()
    expect(await keysOf(disk)).toEqual([])
  })

  it.each([false, true])('cannot bring back what clear was called for (batched: %s)', async batched => {
    let nowMs = now
    const { state, store, disk } = breakable(new MemoryStore(), batched)
    const records = openRecords(store, { clock: () => nowMs })
    for (let i = 0; i < 70; i++) await records.set(`key${i}`, entry('old'))
    state.isBroken = true
    await expect(records.clear()).rejects.toMatchObject({ code: 'IO' })
    state.isBroken = false
    expect(await records.load('key1')).toBeUndefined()
    await records.set('key2', entry('new'))
    expect(await textOf(records, 'key2')).toBe('new')
    nowMs += 1_001
    await records.load('key3')
    await until(async () => (await keysOf(disk)).length === 1)
    await records.flush()
    expect(await textOf(records, 'key2')).toBe('new')
    await records.close()
  })

  it('owes so many removals that all of the group counts as gone, and is cleared', async () => {
    let nowMs = now
    const { state, store, disk } = breakable()
    const records = openRecords(store, { clock: () => nowMs, maxBytes: Number.POSITIVE_INFINITY })
    await records.set('untouched', entry('1'))
    await records.set('key7', entry('old'))
    state.isBroken = true
    const failures = await Promise.allSettled(Array.from({ length: maxOwed + 1 }, (_, i) => records.remove(`key${i}`)))
    expect(failures.every(each => each.status === 'rejected')).toBe(true)
    state.isBroken = false
    expect(await records.load('untouched')).toBeUndefined()
    expect(await records.load('key7')).toBeUndefined()
    await records.set('later', entry('2'))
    nowMs += 60_001
    await records.load('anything')
    await until(async () => (await keysOf(disk)).length === 1)
    expect(await textOf(records, 'later')).toBe('2')
    await records.close()
    expect(await keysOf(disk)).toEqual(['users/=later'])
  })

  it.each([false, true])(
    'at any call never lets a load give what was removed or replaced (batched: %s)',
    async batched => {
      const keys = ['a', 'b']
      const play = async (seed: number): Promise<void> => {
        const random = new Random(seed)
        const disk = new MemoryStore()
        let isHealed = false
        const intercept = async <T>(_: StoreCall, run: () => Promise<T>): Promise<T> => {
          const isBad = !isHealed && random.chance(0.4)
          if (isBad && random.chance(0.5)) throw new Injected('before')
          const result = await run()
          if (isBad) throw new Injected('after')
          return result
        }
        const store = batched ? new InterceptedBatchStore(disk, intercept) : new InterceptedStore(disk, intercept)
        let nowMs = now
        const records = openRecords(store, { clock: () => nowMs })
        const least = new Map<string, number>()
        const settle = (work: Promise<void>): Promise<void> => work.catch(() => undefined)
        for (let number = 1; number <= 40; number++) {
          const key = random.pick(keys)
          const what = random.below(10)
          if (what < 3) records.fill(key, entry(`${number}`))
          else if (what < 4) least.set(key, number)
          if (what === 3) await settle(records.remove(key))
          if (what === 4 || what === 5) {
            least.set(key, number)
            await settle(records.set(key, entry(`${number}`)))
          }
          if (what === 6) {
            for (const each of keys) least.set(each, number)
            await settle(records.clear())
          }
          if (what === 7) nowMs += 10_000
          if (what === 8) await records.flush()
          for (const each of keys) {
            const text = await textOf(records, each)
            if (text !== undefined) expect(Number(text), each).toBeGreaterThanOrEqual(least.get(each) ?? 0)
          }
        }
        isHealed = true
        await records.close()
        const next = openRecords(disk, { runId: 'two' })
        for (const each of keys) {
          const text = await textOf(next, each)
          if (text !== undefined)
            expect(Number(text), `${each} in the next run`).toBeGreaterThanOrEqual(least.get(each) ?? 0)
        }
        await next.close()
      }
      await fc.assert(fc.asyncProperty(fc.integer(), play), { numRuns: 80 })
    },
  )

  it.each(lies.filter(lie => lie.verbs.includes('load')))('$title: gives the value or a miss', async lie => {
    const disk = new MemoryStore()
    const writer = openRecords(disk)
    await writer.set('a', entry('1'))
    await writer.set('b', entry('2'))
    const lying = lyingStore(disk, lie, 1, false)
    const records = openRecords(lying.store)
    lying.arm()
    expect([undefined, '1']).toContain(await textOf(records, 'a'))
    expect(lying.hasLied()).toBe(true)
    expect([undefined, '2']).toContain(await textOf(records, 'b'))
    await records.close()
  })
})

describe('a store that hangs', () => {
  it('is a miss at the deadline', async () => {
    const disk = new MemoryStore()
    await openRecords(disk).set('a', entry('1'))
    for (const store of [gatedStore(disk), undefined]) {
      const hanging = hangingStore(disk, 1)
      hanging.arm()
      store?.shut()
      const records = openRecords(store?.store ?? hanging.store, { loadTimeoutMs: 20 })
      const from = performance.now()
      expect(await records.load('a')).toBeUndefined()
      expect(performance.now() - from).toBeLessThan(1_000)
      expect(records.stats()).toMatchObject({ errors: 1, misses: 1 })
      store?.open()
      await records.close()
    }
  })

  it("ends a load with the caller's abort only", async () => {
    const hanging = hangingStore(new MemoryStore(), 1)
    hanging.arm()
    const records = openRecords(hanging.store)
    const caller = new AbortController()
    const loading = records.load('a', caller.signal)
    await hanging.hangs
    caller.abort('enough')
    await expect(loading).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' })
    expect(records.stats().errors).toBe(0)
    await records.close()
  })

  it('ends set, remove, flush and close at the deadline, and later changes still wait for the first', async () => {
    const disk = new MemoryStore()
    const gate = gatedStore(disk)
    const records = openRecords(gate.store, { writeTimeoutMs: 20 })
    await records.set('a', entry('old'))
    gate.shut()
    const timeout = expect.objectContaining({ code: 'TIMEOUT' })
    await expect(records.set('a', entry('hung'))).rejects.toEqual(timeout)
    await expect(records.remove('a')).rejects.toEqual(timeout)
    expect(await records.load('a')).toBeUndefined()
    await expect(records.flush()).rejects.toEqual(timeout)
    records.fill('b', entry('1'))
    records.fill('a', entry('2'))
    const from = performance.now()
    await records.close()
    expect(performance.now() - from).toBeLessThan(1_000)
    expect(gate.calls.map(call => `${call.verb} ${call.key}`)).toEqual([
      ...['store users/=a', 'store users/=a', 'store users/=b'],
    ])
    expect(records.stats().dropped).toBe(1)
    gate.open()
    // What was asked of the store before close still ends in its order.
    await until(async () => (await disk.load('users/=a')) === undefined)
  })

  it('bounds what waits for it', async () => {
    const gate = gatedStore(new MemoryStore())
    gate.shut()
    const records = openRecords(gate.store, { maxQueueBytes: 100_000, writeTimeoutMs: 20 })
    for (let i = 0; i < 5_000; i++) records.fill(`key${i}`, entry('x'.repeat(872)))
    expect(records.stats().dropped).toBeGreaterThan(4_890)
    expect(records.stats().dropped).toBeLessThan(4_920)
    await new Promise(resolve => setTimeout(resolve, 5))
    for (let i = 0; i < 1_000; i++) records.fill(`more${i}`, entry('x'.repeat(872)))
    expect(records.stats().dropped).toBeGreaterThan(5_890)
    await records.close()
    gate.open()
  })

  it('keeps no process alive', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
    const before = timers()
    const records = openRecords(new MemoryStore())
    records.fill('a', entry('1'))
    await records.flush()
    expect(await textOf(records, 'a')).toBe('1')
    expect(timers()).toBeLessThanOrEqual(before)
    await records.close()
  })
})

interface Known {
  /** The number of the last change that resolved, of each key; negative: of a removal. */
  readonly done: Map<string, number>
  /** Numbers of changes and fills that were begun after that. */
  readonly begun: Map<string, Set<number>>
}

async function live(records: RecordStore, known: Known): Promise<void> {
  for (let number = 1; number <= 24; number++) {
    const key = `key${number % 3}`
    const begun = known.begun.get(key) ?? new Set()
    known.begun.set(key, begun)
    if (number % 4 === 0) records.fill(`${key}`, entry(`${number}`))
    begun.add(number)
    if (number % 4 === 0) continue
    const isRemoval = number % 4 === 3
    await (isRemoval ? records.remove(key) : records.set(key, entry(`${number}`)))
    known.done.set(key, isRemoval ? -number : number)
    begun.clear()
  }
}

describe('a process that dies', () => {
  it.each([false, true])('at any write keeps every set and remove that resolved (batched: %s)', async batched => {
    let deaths = 0
    for (const when of ['before', 'after', 'half'] as const) {
      for (let deathAt = 1; deathAt < 100; deathAt++) {
        const disk = new MemoryStore()
        const dying = dyingStore(disk, deathAt, when, batched)
        const known: Known = { done: new Map(), begun: new Map() }
        const records = openRecords(dying.store)
        const error: unknown = await live(records, known).catch((thrown: unknown) => thrown)
        await records.close()
        if (!dying.isDead()) break
        deaths++
        if (error !== undefined) expect(error).toMatchObject({ code: 'IO', cause: expect.any(Dead) })
        const next = openRecords(disk, { runId: 'two' })
        for (const key of ['key0', 'key1', 'key2']) {
          const text = await textOf(next, key)
          const done = known.done.get(key)
          const begun = known.begun.get(key) ?? new Set()
          const isLast = text === undefined ? done === undefined || done < 0 : Number(text) === done
          const isTorn = when === 'half' && text === undefined && begun.size > 0
          const isBegun = text === undefined ? [...begun].some(n => n % 4 === 3) : begun.has(Number(text))
          expect(isLast || isBegun || isTorn, `${key} is ${text}, after ${done} of ${when} ${deathAt}`).toBe(true)
        }
        await next.close()
      }
    }
    expect(deaths).toBeGreaterThan(50)
  })

  it('leaves at most a torn record, which is a miss', async () => {
    const disk = new MemoryStore()
    await openRecords(disk).set('a', entry('value'))
    const whole = (await disk.load('users/=a'))!
    for (let end = 0; end < whole.byteLength; end++) {
      await disk.store('users/=a', whole.slice(0, end))
      const records = openRecords(disk)
      expect(await records.load('a')).toBeUndefined()
      await records.close()
      expect(await keysOf(disk)).toEqual([])
    }
  })

  it('on a store that forgets a write, the next run finds a value that was once there or none', async () => {
    for (let lieAt = 1; lieAt <= 18; lieAt++) {
      const disk = new MemoryStore()
      const known: Known = { done: new Map(), begun: new Map() }
      const forgetful = forgetfulStore(disk, lieAt)
      const records = openRecords(forgetful.store)
      await live(records, known)
      await records.close()
      const next = openRecords(disk, { runId: 'two' })
      for (const key of ['key0', 'key1', 'key2']) {
        const found = await next.load(key)
        if (found !== undefined) expect(found.isEarlierRun).toBe(true)
      }
      await next.close()
    }
  })
})
