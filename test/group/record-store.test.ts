import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { MemoryLevel } from 'memory-level'
import { describe, expect, it, onTestFinished } from 'vitest'
import { entryFromWire } from '../../src/group/entry.ts'
import { recordName } from '../../src/group/record-names.ts'
import { FileStore } from '../../src/store/file-store.ts'
import { LevelStore } from '../../src/store/level-store.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { PrefixStore } from '../../src/store/prefix-store.ts'
import type { Store } from '../../src/store/store.ts'
import { bareStore } from '../helpers/bare-store.ts'
import { recordingStore } from '../helpers/recording-store.ts'
import { bytes, keysOf, scratch } from '../store/scratch.ts'
import { entry, now, openRecords, textOf } from './record-helpers.ts'

const stores: Readonly<Record<string, () => Store | Promise<Store>>> = {
  MemoryStore: () => new MemoryStore(),
  'four methods': () => bareStore(),
  PrefixStore: () => new PrefixStore(new MemoryStore(), 'a/b/'),
  FileStore: async () => await FileStore.open(scratch(), { durability: 'process' }),
  'LevelStore in memory': () => new LevelStore(new MemoryLevel({ storeEncoding: 'view' })),
  'LevelStore on disk': () => {
    const db = new ClassicLevel(join(scratch(), 'db'))
    onTestFinished(() => db.close())
    return new LevelStore(db)
  },
}

const oddKeys = ['a', 'a/b', '..', '\0', 'é😀', '\udcff\udc80', 'k'.repeat(1024), '__proto__', '=', '!index']

describe.each(Object.entries(stores))('RecordStore on %s', (_, open) => {
  it('gives back in the next run what was set and filled, whatever the key', async () => {
    const store = await open()
    const first = openRecords(store)
    for (const [i, key] of oddKeys.entries()) {
      const value = entryFromWire(bytes(`value ${i}`), BigInt(now) * 1_000_000n + BigInt(i) * 1_000_000_001n)
      if (i % 2 === 0) await first.set(key, value)
      else first.fill(key, value)
    }
    await first.flush()
    for (const [i, key] of oddKeys.entries()) {
      expect(await first.load(key)).toMatchObject({ isEarlierRun: false, entry: { value: bytes(`value ${i}`) } })
    }
    await first.close()
    const second = openRecords(store, { runId: 'two' })
    for (const [i, key] of oddKeys.entries()) {
      const found = await second.load(key)
      expect(found).toMatchObject({ isEarlierRun: true, entry: { value: bytes(`value ${i}`) } })
      expect(found?.entry.expireNs).toBe(BigInt(now) * 1_000_000n + BigInt(i) * 1_000_000_001n)
    }
    expect(second.stats()).toMatchObject({ hits: oddKeys.length, misses: 0, errors: 0 })
    await second.close()
    await store.close?.()
  })

  it('removes one, and all of the group and nothing else', async () => {
    const store = await open()
    await store.store('users/@head/1', bytes('of a snapshot cache of that name'))
    const records = openRecords(store)
    const others = openRecords(store, { group: 'users2' })
    await others.set('x', entry('other'))
    for (let i = 0; i < 150; i++) records.fill(`key${i}`, entry(`${i}`))
    await records.flush()
    expect((await keysOf(store)).length).toBe(152)
    await records.remove('key7')
    await records.remove('absent')
    expect(await records.load('key7')).toBeUndefined()
    expect(await textOf(records, 'key8')).toBe('8')
    await records.clear()
    expect(await records.load('key8')).toBeUndefined()
    expect(await keysOf(store)).toEqual(['users/@head/1', 'users2/=x'])
    await records.set('key8', entry('new'))
    expect(await textOf(records, 'key8')).toBe('new')
    expect(await textOf(others, 'x')).toBe('other')
    await records.close()
    await others.close()
    await store.close?.()
  })
})

describe('load', () => {
  it('takes a damaged record for a miss and removes it', async () => {
    const store = new MemoryStore()
    const records = openRecords(store)
    await records.set('a', entry('1'))
    await records.set('b', entry('2'))
    await store.store('users/=a', (await store.load('users/=a'))!.slice(0, -1))
    await store.store('users/=c', (await store.load('users/=b'))!)
    expect(await records.load('a')).toBeUndefined()
    expect(await records.load('c')).toBeUndefined()
    await records.flush()
    expect(await keysOf(store)).toEqual(['users/=b'])
    expect(records.stats()).toMatchObject({ corrupt: 2, misses: 2, hits: 0, errors: 0 })
  })

  it('takes an expired record for a miss and removes it, unless it may still be wanted', async () => {
    const store = new MemoryStore()
    const writer = openRecords(store)
    await writer.set('past', entry('1', now - 1))
    await writer.set('now', entry('2', now))
    const keeping = openRecords(store, { keepExpiredMs: 1 })
    expect(await textOf(keeping, 'past')).toBe('1')
    expect(await textOf(writer, 'now')).toBe('2')
    expect(await writer.load('past')).toBeUndefined()
    await writer.flush()
    expect(await keysOf(store)).toEqual(['users/=now'])
    expect(writer.stats().corrupt).toBe(0)
    expect(
      await textOf(openRecords(store, { clock: () => 1e15, keepExpiredMs: Number.POSITIVE_INFINITY }), 'now'),
    ).toBe('2')
  })

  it('answers from the queue what is not written yet', async () => {
    const { store, calls } = recordingStore()
    const records = openRecords(store)
    records.fill('a', entry('1'))
    expect(await records.load('a')).toMatchObject({ isEarlierRun: false, entry: { value: bytes('1') } })
    expect(calls.filter(call => call.verb === 'load')).toEqual([])
    records.fill('b', entry('old', now - 1))
    expect(await records.load('b')).toBeUndefined()
    await records.close()
  })

  it('of a key whose name another key has is a miss', async () => {
    const store = new MemoryStore()
    const records = openRecords(store)
    const long = 'x'.repeat(100)
    await records.set(long, entry('1'))
    const name = `users/${recordName(long)}`
    const other = openRecords(new PrefixStore(store, ''), { group: 'users' })
    await other.set('short', entry('2'))
    await store.store(name, (await store.load('users/=short'))!)
    expect(await other.load(long)).toBeUndefined()
  })

  it('asks the store once, and for a hit does nothing else', async () => {
    const disk = new MemoryStore()
    await openRecords(disk).set('a', entry('1'))
    const { store, calls } = recordingStore(disk, true)
    const records = openRecords(store, { surveyDelayMs: 0 })
    expect(await textOf(records, 'a')).toBe('1')
    expect(await textOf(records, 'b')).toBeUndefined()
    expect(calls.map(call => `${call.verb} ${call.key}`)).toEqual(['load users/=a', 'load users/=b'])
    await records.close()
  })
})

describe('fill', () => {
  it('keeps the last value of a key and writes many at once where the store can', async () => {
    const { store, calls } = recordingStore(new MemoryStore(), true)
    const records = openRecords(store)
    for (let i = 0; i < 100; i++) records.fill(`key${i % 50}`, entry(`${i}`))
    await records.flush()
    expect(calls.map(call => `${call.verb} ${call.keys.length}`)).toEqual(['batch 50'])
    expect(await textOf(records, 'key7')).toBe('57')
    await records.close()
  })

  it('drops and counts what does not fit in the queue', async () => {
    const { store, calls } = recordingStore()
    const records = openRecords(store, { maxQueueBytes: 1_000, maxBytes: Number.POSITIVE_INFINITY })
    for (let i = 0; i < 100; i++) records.fill(`key${i}`, entry('x'.repeat(100)))
    records.fill('large', entry('x'.repeat(1_000)))
    expect(records.stats().dropped).toBe(101 - 4)
    await records.flush()
    expect(calls.length).toBe(4)
    records.fill('key50', entry('x'.repeat(100)))
    await records.flush()
    expect(calls.length).toBe(5)
    expect(records.stats()).toMatchObject({ dropped: 97, writes: 5, bytes: 0 })
    await records.close()
  })

  it('is written by close', async () => {
    const store = new MemoryStore()
    const records = openRecords(store)
    for (let i = 0; i < 300; i++) records.fill(`key${i}`, entry(`${i}`))
    await records.close()
    expect((await keysOf(store)).length).toBe(300)
  })
})

describe('close', () => {
  it('happens once, and afterwards every call is CLOSED', async () => {
    const store = new MemoryStore()
    const records = openRecords(store)
    const closing = records.close()
    expect(records.close()).toBe(closing)
    const closed = expect.objectContaining({ code: 'CLOSED' })
    await expect(records.load('a')).rejects.toEqual(closed)
    await expect(records.set('a', entry('1'))).rejects.toEqual(closed)
    await expect(records.remove('a')).rejects.toEqual(closed)
    await expect(records.clear()).rejects.toEqual(closed)
    await expect(records.flush()).rejects.toEqual(closed)
    records.fill('a', entry('1'))
    await closing
    expect(records.stats().dropped).toBe(1)
    expect(await keysOf(store)).toEqual([])
    await store.store('still', bytes('open'))
  })
})

describe('options and keys', () => {
  it('are checked', async () => {
    const open = (options: object) => () => openRecords(new MemoryStore(), options)
    expect(open({ group: '' })).toThrow(RangeError)
    expect(open({ group: 'a/b' })).toThrow(RangeError)
    expect(open({ group: 'x'.repeat(257) })).toThrow(RangeError)
    expect(open({ runId: '' })).toThrow(TypeError)
    expect(open({ maxBytes: -1 })).toThrow(RangeError)
    expect(open({ maxQueueBytes: 1.5 })).toThrow(RangeError)
    expect(open({ keepExpiredMs: Number.NaN })).toThrow(RangeError)
    expect(open({ loadTimeoutMs: 0 })).toThrow(RangeError)
    expect(open({ writeTimeoutMs: 2 ** 31 })).toThrow(RangeError)
    expect(open({ maxByte: 1 })).toThrow('Unknown option maxByte')
    const records = openRecords(new MemoryStore())
    const invalid = expect.objectContaining({ code: 'INVALID_KEY' })
    for (const key of ['', '\ud800']) {
      await expect(records.load(key)).rejects.toEqual(invalid)
      await expect(records.set(key, entry('1'))).rejects.toEqual(invalid)
      await expect(records.remove(key)).rejects.toEqual(invalid)
      expect(() => records.fill(key, entry('1'))).toThrow(invalid)
    }
    await records.close()
  })

  it('an aborted signal is ABORTED with its reason', async () => {
    const store = new MemoryStore()
    const records = openRecords(store)
    const signal = AbortSignal.abort('why')
    const aborted = expect.objectContaining({ code: 'ABORTED', cause: 'why' })
    await expect(records.load('a', signal)).rejects.toEqual(aborted)
    await expect(records.set('a', entry('1'), signal)).rejects.toEqual(aborted)
    await expect(records.remove('a', signal)).rejects.toEqual(aborted)
    await expect(records.clear(signal)).rejects.toEqual(aborted)
    await records.close()
    expect(await keysOf(store)).toEqual([])
  })
})
