import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { entryUntil } from '../../src/group/entry.ts'
import { RecordStore } from '../../src/group/record-store.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { gatedStore } from '../helpers/gated-store.ts'
import { InterceptedStore } from '../helpers/intercepted-store.ts'
import { Random } from '../helpers/random.ts'
import { Scheduler } from '../helpers/scheduled-store.ts'
import { bytes } from '../store/scratch.ts'
import { entry, now, openRecords, textOf, until } from './record-helpers.ts'

type Step =
  | { readonly do: 'fill' | 'set' | 'remove' | 'load'; readonly key: string }
  | { readonly do: 'clear' }
  | { readonly do: 'wait'; readonly turns: number }

const key = fc.constantFrom('a', 'b')
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('fill' as const), key }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('set' as const, 'remove' as const), key }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('load' as const), key }) },
  { weight: 1, arbitrary: fc.constant({ do: 'clear' as const }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), turns: fc.integer({ min: 1, max: 6 }) }) },
)

/** What a key was made last, in the order of the calls, and by which call: values carry its number. */
class Model {
  /** The number of the set, remove or clear of each key that was called last. */
  readonly barrier = new Map<string, number>()
  /** The same of those that resolved: from then on the store must have nothing older. */
  readonly resolved = new Map<string, number>()
}

async function play(steps: readonly Step[], seed: number, batched: boolean): Promise<void> {
  const random = new Random(seed)
  const disk = new MemoryStore()
  const store = new Scheduler(() => random.unit()).store(disk, batched)
  const records = new RecordStore(store, {
    ...{ group: 'users', runId: 'one', clock: () => now, loadTimeoutMs: 60_000, writeTimeoutMs: 60_000 },
    surveyDelayMs: seed % 2 === 0 ? 0 : 10_000,
    // Small enough for evictions to mix in.
    maxBytes: 150,
  })
  const model = new Model()
  const stored = async (of: string): Promise<number | undefined> => {
    const raw = await disk.load(`users/=${of}`)
    if (raw === undefined) return undefined
    const text = new TextDecoder('latin1').decode(raw)
    return Number(/v(\d{5})v/.exec(text)![1])
  }
  const check = async (): Promise<void> => {
    for (const [of, number] of model.resolved) {
      const found = await stored(of)
      if (found !== undefined) expect(found, `value of ${of} in the store`).toBeGreaterThanOrEqual(number)
    }
  }
  const running: Promise<void>[] = []
  const made = (number: number) => entryUntil(bytes(`v${String(number).padStart(5, '0')}v`), Number.POSITIVE_INFINITY)
  const resolve = (of: string, number: number): void => {
    model.resolved.set(of, Math.max(number, model.resolved.get(of) ?? 0))
  }
  const perform = async (each: Step, number: number): Promise<void> => {
    if (each.do === 'wait') return
    if (each.do === 'clear') {
      for (const of of ['a', 'b']) model.barrier.set(of, number)
      await records.clear()
      for (const of of ['a', 'b']) resolve(of, number)
    } else if (each.do === 'fill') {
      records.fill(each.key, made(number))
    } else if (each.do === 'load') {
      const least = model.barrier.get(each.key) ?? 0
      const text = await textOf(records, each.key)
      if (text !== undefined) expect(Number(text.slice(1, -1)), 'loaded').toBeGreaterThanOrEqual(least)
      return
    } else {
      model.barrier.set(each.key, number)
      await (each.do === 'set' ? records.set(each.key, made(number)) : records.remove(each.key))
      resolve(each.key, number)
    }
    await check()
  }
  for (const [i, each] of steps.entries()) {
    const number = i + 1
    running.push(perform(each, number))
    if (each.do === 'wait') for (let t = 0; t < each.turns; t++) await new Promise(done => setImmediate(done))
    await check()
  }
  await Promise.all(running)
  await records.close()
  await check()
  for (const of of ['a', 'b']) {
    const last = await stored(of)
    if (last !== undefined) expect(last).toBeGreaterThanOrEqual(model.barrier.get(of) ?? 0)
  }
  let bytesLeft = 0
  for (const of of ['a', 'b']) bytesLeft += (await disk.load(`users/=${of}`))?.byteLength ?? 0
  expect(records.stats()).toMatchObject({ errors: 0, bytes: bytesLeft })
}

describe('changes of one key', () => {
  it.each([false, true])('leave nothing older than what resolved, in any interleaving (batched: %s)', async batched => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.integer(), (steps, seed) => play(steps, seed, batched)),
      { numRuns: 300 },
    )
  })

  it('a removal waits for the fill under way and cancels the one that waits', async () => {
    const disk = new MemoryStore()
    const gate = gatedStore(disk)
    const records = openRecords(gate.store)
    gate.shut()
    const reached = gate.reached(call => call.isWrite)
    records.fill('a', entry('under way'))
    await reached
    records.fill('a', entry('waiting'))
    const removed = records.remove('a')
    expect(await records.load('a')).toBeUndefined()
    expect(gate.calls.map(call => call.verb)).toEqual(['store'])
    gate.open()
    await removed
    expect(await disk.load('users/=a')).toBeUndefined()
    await records.close()
    expect(gate.calls.map(call => call.verb)).toEqual(['store', 'remove'])
  })

  it('a load that a change overtakes answers nothing older', async () => {
    const disk = new MemoryStore()
    const gate = gatedStore(disk)
    const records = openRecords(gate.store)
    await records.set('a', entry('old'))
    gate.shut()
    const reached = gate.reached(call => call.verb === 'load')
    const loading = records.load('a')
    await reached
    const setting = records.set('a', entry('new'))
    gate.open()
    const found = await loading
    expect(found === undefined || new TextDecoder().decode(found.entry.value) === 'new').toBe(true)
    await setting
    expect(await textOf(records, 'a')).toBe('new')
  })

  it.each(['old', 'damaged'])('a load whose answer, %s, comes after a change is over has none', async was => {
    const disk = new MemoryStore()
    await openRecords(disk).set('a', entry('old'))
    if (was === 'damaged') await disk.store('users/=a', bytes('damaged'))
    let isReached = false
    let answer = (): void => undefined
    const held = new Promise<void>(resolve => {
      answer = resolve
    })
    const store = new InterceptedStore(disk, async (call, run) => {
      const result = await run()
      if (call.verb === 'load' && !isReached) {
        isReached = true
        await held
      }
      return result
    })
    const records = openRecords(store)
    const loading = records.load('a')
    await until(() => isReached)
    await records.set('a', entry('new'))
    await records.flush()
    answer()
    expect(await loading).toBeUndefined()
    await records.flush()
    expect(await textOf(records, 'a')).toBe('new')
    await records.close()
    expect(await textOf(openRecords(disk), 'a')).toBe('new')
  })

  it('a load that a fill overtakes answers the newer value', async () => {
    const disk = new MemoryStore()
    await openRecords(disk).set('a', entry('old'))
    const gate = gatedStore(disk)
    const records = openRecords(gate.store)
    gate.shut()
    const reached = gate.reached(call => call.verb === 'load')
    const loading = records.load('a')
    await reached
    gate.open()
    gate.shut()
    records.fill('a', entry('new'))
    const found = await loading
    expect(found).toMatchObject({ entry: { value: bytes('new') }, isEarlierRun: false })
    gate.open()
    await records.close()
  })

  it('a change goes on when nobody waits for it any more', async () => {
    const gate = gatedStore(new MemoryStore())
    const records = openRecords(gate.store)
    gate.shut()
    const caller = new AbortController()
    const setting = records.set('a', entry('1'), caller.signal)
    const removing = records.remove('b', caller.signal)
    caller.abort('enough')
    const aborted = expect.objectContaining({ code: 'ABORTED', cause: 'enough' })
    await expect(setting).rejects.toEqual(aborted)
    await expect(removing).rejects.toEqual(aborted)
    gate.open()
    await records.close()
    expect(gate.calls.map(call => call.verb)).toEqual(['store', 'remove'])
    expect(await textOf(openRecords(gate.store), 'a')).toBe('1')
  })

  it('a later fill follows a set that is under way', async () => {
    const gate = gatedStore(new MemoryStore())
    const records = openRecords(gate.store)
    gate.shut()
    const setting = records.set('a', entry('set'))
    records.fill('a', entry('fill'))
    expect(await textOf(records, 'a')).toBe('fill')
    gate.open()
    await setting
    await records.close()
    expect(gate.calls.map(call => call.verb)).toEqual(['store', 'store'])
    expect(await textOf(openRecords(gate.store), 'a')).toBe('fill')
  })
})
