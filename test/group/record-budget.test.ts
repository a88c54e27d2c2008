import { describe, expect, it } from 'vitest'
import { decodeIndex } from '../../src/group/index-record.ts'
import { encodeRecord } from '../../src/group/record.ts'
import { RecordIndex } from '../../src/group/record-index.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import type { Store } from '../../src/store/store.ts'
import { Injected } from '../helpers/failing-store.ts'
import { InterceptedStore, type StoreCall } from '../helpers/intercepted-store.ts'
import { lies, lyingStore } from '../helpers/lying-store.ts'
import { recordingStore } from '../helpers/recording-store.ts'
import { bytes, keysOf } from '../store/scratch.ts'
import { entry, now, openRecords, textOf, until } from './record-helpers.ts'

const sizeOf = (key: string, text: string): number =>
  encodeRecord({ group: 'users', key: bytes(key) }, { entry: entry(text), runId: 'one', storedAtMs: now }).byteLength

/** One record of `fill` below. */
const unit = sizeOf('k00', 'x'.repeat(100))

async function bytesOn(disk: Store): Promise<number> {
  let sum = 0
  for (const key of await keysOf(disk, 'users/=')) sum += (await disk.load(key))!.byteLength
  return sum
}

const keyOf = (i: number): string => `k${String(i).padStart(2, '0')}`
const x100 = entry('x'.repeat(100))

describe('the byte budget', () => {
  it.each([false, true])('is kept, the record used last is removed last (batched: %s)', async batched => {
    const disk = new MemoryStore()
    const { store, calls } = recordingStore(disk, batched)
    const records = openRecords(store, { maxBytes: 10 * unit })
    for (let i = 0; i < 10; i++) await records.set(keyOf(i), x100)
    expect(records.stats()).toMatchObject({ bytes: 10 * unit, evictions: 0 })
    await records.load(keyOf(0))
    for (let i = 10; i < 15; i++) await records.set(keyOf(i), x100)
    await records.flush()
    const left = (await keysOf(disk)).map(key => key.slice('users/='.length))
    expect(left).toEqual([0, 6, 7, 8, 9, 10, 11, 12, 13, 14].map(keyOf))
    expect(records.stats()).toMatchObject({ bytes: 10 * unit, evictions: 5, errors: 0 })
    await records.remove(keyOf(0))
    await records.set(keyOf(6), entry(''))
    expect(records.stats().bytes).toBe(8 * unit + sizeOf(keyOf(6), ''))
    await records.close()
    expect(calls.some(call => call.verb === 'list')).toBe(false)
  })

  it('is kept however many are filled at once', async () => {
    for (const batched of [false, true]) {
      const { store } = recordingStore(new MemoryStore(), batched)
      const records = openRecords(store, { maxBytes: 20 * unit })
      for (let i = 0; i < 1_000; i++) records.fill(`k${i}`, x100)
      await records.close()
      expect(await bytesOn(store)).toBeLessThanOrEqual(20 * unit)
      expect(records.stats().evictions).toBeGreaterThan(900)
    }
  })

  it('a value larger than all of it is not stored, evicts nothing, and takes the place of none', async () => {
    const store = new MemoryStore()
    const records = openRecords(store, { maxBytes: 10 * unit })
    await records.set('a', x100)
    await records.set('b', x100)
    await records.set('c', x100)
    await records.set('a', entry('x'.repeat(10 * unit + 1)))
    records.fill('b', entry('x'.repeat(10 * unit + 1)))
    expect(await records.load('a')).toBeUndefined()
    expect(await textOf(records, 'c')).toBe('x'.repeat(100))
    expect(records.stats()).toMatchObject({ dropped: 2, evictions: 0 })
    await records.close()
  })

  it('of nothing keeps nothing', async () => {
    const store = new MemoryStore()
    const records = openRecords(store, { maxBytes: 0 })
    await records.set('a', entry('1'))
    records.fill('b', entry(''))
    await records.close()
    expect(await keysOf(store)).toEqual([])
  })

  it('goes on where a removal fails', async () => {
    const disk = new MemoryStore()
    let isBroken = true
    const store = new InterceptedStore(disk, async (call, run) => {
      if (isBroken && call.verb === 'remove') throw new Injected('remove')
      return await run()
    })
    const records = openRecords(store, { maxBytes: 5 * unit })
    for (let i = 0; i < 8; i++) await records.set(keyOf(i), x100)
    await records.flush()
    expect(records.stats().errors).toBeGreaterThan(0)
    expect(records.stats()).toMatchObject({ evictions: 0, bytes: 8 * unit })
    expect(await textOf(records, keyOf(0))).toBe('x'.repeat(100))
    isBroken = false
    await records.set(keyOf(9), x100)
    await records.close()
    expect(await bytesOn(disk)).toBe(5 * unit)
  })
})

/** A run that looks through what is there, until its index is written; tells its calls. */
async function surveyed(disk: Store, maxBytes: number): Promise<StoreCall[]> {
  const calls: StoreCall[] = []
  const store = new InterceptedStore(disk, async (call, run) => {
    calls.push(call)
    return await run()
  })
  const records = openRecords(store, { runId: 'two', maxBytes, surveyDelayMs: 0 })
  await records.set('zz', x100)
  await until(async () => {
    await records.flush()
    return calls.some(call => call.verb === 'store' && call.key === 'users/!index')
  })
  await until(async () => (await bytesOn(disk)) <= maxBytes)
  await records.close()
  return calls
}

describe('the records of earlier runs', () => {
  it('count in the budget, least recently used first, as the index has them', async () => {
    const disk = new MemoryStore()
    const first = openRecords(disk, { surveyDelayMs: 0 })
    for (let i = 0; i < 10; i++) await first.set(keyOf(i), x100)
    await first.load(keyOf(0))
    await until(async () => {
      await first.flush()
      return (await disk.load('users/!index')) !== undefined
    })
    await first.load(keyOf(1))
    await first.close()
    const index = decodeIndex('users', await disk.load('users/!index'))
    expect([...index!.keys()].map(name => name.slice(1))).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 0, 1].map(keyOf))
    const calls = await surveyed(disk, 5 * unit)
    const left = (await keysOf(disk, 'users/=')).map(key => key.slice('users/='.length))
    expect(left).toEqual([...[0, 1, 8, 9].map(keyOf), 'zz'])
    expect(calls.filter(call => call.verb === 'load').map(call => call.key)).toEqual(['users/!index'])
  })

  it('are read where the index does not have them, the oldest go first, useless ones too', async () => {
    const disk = new MemoryStore()
    let nowMs = now
    const first = openRecords(disk, { clock: () => nowMs })
    for (const i of [3, 1, 4, 0, 2]) {
      nowMs++
      await first.set(keyOf(i), x100)
    }
    await first.set('past', entry('x', now - 1))
    await first.close()
    await disk.store('users/=torn', bytes('torn'))
    await disk.store('users/=moved', (await disk.load('users/=k01'))!)
    await disk.store('users/@head/1', bytes('of others'))
    await disk.store('users/!index', bytes('damaged'))
    await surveyed(disk, 3 * unit)
    expect(await keysOf(disk)).toEqual(['users/!index', 'users/=k00', 'users/=k02', 'users/=zz', 'users/@head/1'])
    expect([...decodeIndex('users', await disk.load('users/!index'))!.keys()]).toEqual(['=k00', '=k02', '=zz'])
  })

  it('are looked through without the index being believed of what is not there', async () => {
    const disk = new MemoryStore()
    await surveyed(disk, 100 * unit)
    const before = decodeIndex('users', await disk.load('users/!index'))
    expect([...before!]).toEqual([['=zz', sizeOf('zz', 'x'.repeat(100))]])
    await disk.remove('users/=zz')
    const next = openRecords(disk, { surveyDelayMs: 0 })
    await next.set('a', entry('1'))
    await until(async () => {
      await next.flush()
      return decodeIndex('users', await disk.load('users/!index'))?.has('=a') === true
    })
    expect(next.stats().bytes).toBe(sizeOf('a', '1'))
    await next.close()
  })

  it('are left alone when something else was made of them meanwhile', async () => {
    const disk = new MemoryStore()
    const first = openRecords(disk)
    for (let i = 0; i < 10; i++) await first.set(keyOf(i), x100)
    await first.close()
    await disk.store('users/=k05', bytes('damaged'))
    let hold: Promise<void> | undefined
    let release = (): void => undefined
    let isHeld = false
    const store = new InterceptedStore(disk, async (call, run) => {
      const result = await run()
      if (call.verb === 'load' && call.key === 'users/=k05') {
        isHeld = true
        await hold
      }
      return result
    })
    hold = new Promise(resolve => {
      release = resolve
    })
    const records = openRecords(store, { surveyDelayMs: 0 })
    await records.set(keyOf(0), entry('new'))
    await until(() => isHeld)
    await records.set(keyOf(5), entry('new'))
    await records.remove(keyOf(3))
    await records.remove(keyOf(9))
    await records.set(keyOf(2), entry('newer'))
    release()
    await until(async () => {
      await records.flush()
      return (await disk.load('users/!index')) !== undefined
    })
    expect(records.stats().bytes).toBe(await bytesOn(disk))
    expect(await textOf(records, keyOf(5))).toBe('new')
    expect(await textOf(records, keyOf(2))).toBe('newer')
    await records.close()
  })

  it('are looked through later where the store fails, and close does not wait for it', async () => {
    const disk = new MemoryStore()
    let nowMs = now
    let lists = 0
    let mode: 'fail' | 'hang' = 'fail'
    const store = new InterceptedStore(disk, async (call, run) => {
      if (call.verb !== 'list') return await run()
      lists++
      if (mode === 'fail') throw new Injected('list')
      return await new Promise<never>(() => undefined)
    })
    const records = openRecords(store, { surveyDelayMs: 0, clock: () => nowMs })
    await records.set('a', entry('1'))
    await until(() => records.stats().errors === 1)
    await records.set('b', entry('1'))
    expect(lists).toBe(1)
    nowMs += 60_000
    mode = 'hang'
    await records.set('c', entry('1'))
    await until(() => lists === 2)
    const from = performance.now()
    await records.close()
    expect(performance.now() - from).toBeLessThan(1_000)
    expect(await keysOf(disk)).toEqual(['users/=a', 'users/=b', 'users/=c'])
  })

  it.each(lies)('are looked through whatever a store says: $title', async lie => {
    for (const lieAt of [1, 3]) {
      const disk = new MemoryStore()
      const first = openRecords(disk)
      for (let i = 0; i < 6; i++) await first.set(keyOf(i), entry(keyOf(i)))
      await first.close()
      const lying = lyingStore(disk, lie, lieAt, false)
      lying.arm()
      const records = openRecords(lying.store, { runId: 'two', surveyDelayMs: 0 })
      records.fill('zz', x100)
      await new Promise(resolve => setTimeout(resolve, 20))
      for (let i = 0; i < 6; i++) expect([undefined, keyOf(i)]).toContain(await textOf(records, keyOf(i)))
      await records.clear()
      for (let i = 0; i < 6; i++) expect([undefined, keyOf(i)]).toContain(await textOf(records, keyOf(i)))
      await records.close()
    }
  })
})

describe('100,000 records', () => {
  it('are not looked at before the first loads answer', async () => {
    const count = 100_000
    const disk = new MemoryStore()
    const value = entry('x'.repeat(20))
    for (let i = 0; i < count; i++) {
      const key = `key${i}`
      const record = { entry: value, runId: 'zero', storedAtMs: now + i }
      await disk.store(`users/=${key}`, encodeRecord({ group: 'users', key: bytes(key) }, record))
    }
    const { store, calls } = recordingStore(disk)
    const records = openRecords(store, { surveyDelayMs: 0, maxBytes: 1_000_000 })
    expect(await records.load('key77777')).toMatchObject({ isEarlierRun: true })
    expect(calls.map(call => call.verb)).toEqual(['load'])
    // A load and a fill for each of some gets of a node that starts: still nothing but these.
    for (let i = 0; i < 10; i++) {
      expect(await records.load(`absent${i}`)).toBeUndefined()
      expect(calls.length).toBe(2 + i)
    }
    await records.close()
    expect(calls.length).toBe(11)
  })
})

describe('RecordIndex', () => {
  it('keeps sums and order', () => {
    const index = new RecordIndex()
    index.put('a', 1)
    index.put('b', 2)
    index.put('c', 4)
    index.use('a', 1)
    expect([...index.sizes.keys()]).toEqual(['b', 'c', 'a'])
    expect(index).toMatchObject({ bytes: 7, size: 3, changes: 3, isDirty: true })
    index.saved()
    expect(index).toMatchObject({ changes: 0, isDirty: false })
    index.adopt([
      ['x', 8],
      ['a', 100],
      ['y', 16],
      ['x', 100],
    ])
    expect([...index.sizes]).toEqual([
      ['x', 8],
      ['y', 16],
      ['b', 2],
      ['c', 4],
      ['a', 1],
    ])
    expect(index.bytes).toBe(31)
    expect(index.oldest(6, 10, name => name !== 'y')).toEqual(['x', 'b', 'c', 'a'])
    expect(index.oldest(6, 2, () => true)).toEqual(['x', 'y'])
    expect(index.oldest(31, 2, () => true)).toEqual([])
    index.delete('y')
    index.delete('y')
    expect(index.bytes).toBe(15)
    index.clear()
    expect(index).toMatchObject({ bytes: 0, size: 0 })
  })
})
