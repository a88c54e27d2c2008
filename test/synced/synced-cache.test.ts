import { describe, expect, it } from 'vitest'
import type { SetLocalEvent } from '../../src/synced/synced-listeners.ts'
import { fleet, Gate, settle } from './fleet.ts'

/** A value of which parts cannot be frozen. */
interface Whole {
  readonly list: [number, { deep: string }]
  readonly at: Date
  readonly bytes: Uint8Array
  readonly map: Map<string, unknown>
  readonly big: bigint
}

interface Plain {
  readonly list: [number, { deep: string }]
  readonly none: undefined
}

describe('values between processes', () => {
  it('C1: what one sets the other has, without asking', async () => {
    const { memory, open } = fleet()
    const [a, b] = [await open(), await open()]
    await a.set('k', { v: 1 })
    expect(await b.get('k')).toEqual({ v: 1 })
    expect(memory.calls['read']).toBeUndefined()
    expect(b.stats()).toMatchObject({ localHits: 1, remoteHits: 0, eventsApplied: 1 })
  })

  it('C2: a set by key drops the copy of the other, which reads once', async () => {
    const { memory, open } = fleet()
    const [a, b] = [await open(), await open()]
    await a.set('k', 1)
    await a.set('k', 2, { broadcast: 'key' })
    expect([await b.get('k'), await b.get('k')]).toEqual([2, 2])
    expect(await a.get('k')).toBe(2)
    expect(memory.calls['read']).toBe(1)
    expect(b.stats()).toMatchObject({ localHits: 1, localMisses: 1, remoteHits: 1, invalidations: 1 })
  })

  it('values over inlineBytes go as keys', async () => {
    const { memory, open } = fleet()
    const [a, b] = [await open({ inlineBytes: 10 }), await open()]
    await a.set('k', 'x'.repeat(9))
    expect(b.getLocal('k')).toBeUndefined()
    expect(await b.get('k')).toBe('x'.repeat(9))
    await a.set('k', 'x'.repeat(8))
    expect(b.getLocal('k')).toBe('x'.repeat(8))
    expect(memory.calls['read']).toBe(1)
  })

  it('C3: delete takes it everywhere, and an absent key is no error', async () => {
    const { open } = fleet()
    const [a, b] = [await open(), await open()]
    await a.delete('k')
    await a.set('k', 1)
    await b.delete('k')
    expect([a.getLocal('k'), b.getLocal('k'), await a.get('k'), await b.get('k')]).toEqual(Array(4).fill(undefined))
  })

  it('invalidate drops copies, and the value stays', async () => {
    const { memory, open } = fleet()
    const [a, b] = [await open(), await open()]
    await a.set('k', 1)
    await b.invalidate('k')
    expect([a.getLocal('k'), b.getLocal('k')]).toEqual([undefined, undefined])
    expect([await a.get('k'), await b.get('k'), memory.calls['read']]).toEqual([1, 1, 2])
  })

  it('C4: clear takes all of all', async () => {
    const { open } = fleet()
    const [a, b] = [await open(), await open()]
    await a.setMany([
      ['x', 1],
      ['y', 2],
    ])
    await b.clear()
    expect([...(await a.getMany(['x', 'y'])), ...(await b.getMany(['x', 'y']))]).toEqual([])
    expect(a.stats().clears).toMatchObject({ open: 1, clear: 1 })
    await a.set('x', 3)
    expect(await b.get('x')).toBe(3)
  })

  it('deleteByTag takes what has the tag, sweep what is dead', async () => {
    const { open } = fleet()
    const [a, b] = [await open(), await open()]
    await a.set('x', 1, { tags: ['t', 't', 'u'] })
    await a.set('y', 2, { tags: ['u'] })
    await b.deleteByTag('t')
    expect(await a.getMany(['x', 'y'])).toEqual(new Map([['y', 2]]))
    expect(await b.get('x')).toBeUndefined()
    expect(await b.sweep()).toEqual({ removed: 1 })
    expect(await b.sweep()).toEqual({ removed: 0 })
    await a.set('x', 3, { tags: ['t'] })
    expect(await b.get('x')).toBe(3)
  })

  it('C8: many gets of a missing key are one read; gets of other keys are their own', async () => {
    const { memory, open } = fleet()
    const cache = await open()
    await Promise.all(Array.from({ length: 100 }, () => cache.get('k')))
    expect(memory.calls['read']).toBe(1)
    await Promise.all([cache.get('a'), cache.get('b')])
    expect(memory.calls['read']).toBe(3)
    // C9: an absent key is remembered by nobody.
    expect(cache.stats()).toMatchObject({ localMisses: 102, remoteMisses: 3, localItems: 0 })
  })

  it('a get that comes after a change is not answered by a read from before', async () => {
    const gate = new Gate()
    let isHeld = false
    const { open } = fleet({
      carry: (deliver, cargo) => (isHeld && cargo === 'reply' ? gate.pass(deliver) : deliver()),
    })
    const [a, b] = [await open(), await open()]
    isHeld = true
    const early = b.get('k')
    await settle()
    isHeld = false
    await a.set('k', 'new', { broadcast: 'key' })
    expect(await b.get('k')).toBe('new')
    gate.open()
    expect(await early).toBeUndefined()
    expect(await b.get('k')).toBe('new')
  })

  it('C26: null, 0, empty text and false are values', async () => {
    const { open } = fleet()
    const [a, b] = [await open(), await open({ inlineBytes: 0 })]
    const values = { null: null, zero: 0, empty: '', no: false, negative: -0, nan: Number.NaN }
    await b.setMany(Object.entries(values))
    for (const [key, value] of Object.entries(values)) {
      expect([await a.get(key), a.getLocal(key), await b.getOrSet(key, () => 'loaded')]).toEqual([value, value, value])
    }
    expect(await a.getMany(Object.keys(values))).toEqual(new Map(Object.entries(values)))
    expect(a.stats()).toMatchObject({ remoteHits: 6, localHits: 12 })
  })

  it.each(['frozen', 'copied'] as const)(
    'C27: %s values are equal for writer and readers, and nobody changes them',
    async values => {
      const { open } = fleet()
      const whole: Whole = {
        list: [1, { deep: 'x' }],
        at: new Date(5),
        bytes: new Uint8Array([1]),
        map: new Map([['a', [1]]]),
        big: 2n ** 70n,
      }
      const plain: Plain = { list: [1, { deep: 'x' }], none: undefined }
      const [wholeBefore, plainBefore] = [structuredClone(whole), structuredClone(plain)]
      const [a, b] = [await open<Whole | Plain>({ values }), await open<Whole | Plain>({ values })]
      await a.set('whole', whole)
      await a.set('plain', plain)
      plain.list[1].deep = 'changed by its owner'
      expect(Object.isFrozen(whole.list)).toBe(false)
      for (const cache of [a, b, await open<Whole | Plain>({ values })]) {
        for (let i = 0; i < 3; i++) {
          const found = (await cache.get('whole')) as Whole
          const simple = (await cache.get('plain')) as Plain
          expect([found, simple]).toEqual([wholeBefore, plainBefore])
          found.map.set('b', 2)
          found.bytes[0] = 9
          found.list[1].deep = 'y'
          const change = (): void => {
            simple.list[1].deep = 'y'
          }
          if (values === 'frozen') {
            expect(change).toThrow(TypeError)
            expect(await cache.get('plain')).toBe(simple)
          } else change()
        }
      }
    },
  )

  it('what is very deep is frozen too', async () => {
    const { open } = fleet()
    const cache = await open({ codec: 'json' })
    let value: unknown = 1
    for (let i = 0; i < 250; i++) value = [value]
    await cache.set('k', value)
    let found = await cache.get('k')
    for (let i = 0; i < 250; i++) {
      expect(Object.isFrozen(found)).toBe(true)
      found = (found as unknown[])[0]
    }
  })

  it('C25: a value is there for its time, and no longer', async () => {
    const { open, time } = fleet()
    const [a, b] = [await open({ ttlMs: 1_000, localTtlMs: 100_000 }), await open({ localTtlMs: 10 })]
    await a.set('k', 1)
    await a.set('long', 2, { ttlMs: 5_000, staleMs: 1_000 })
    await a.set('ever', 3, { ttlMs: Number.POSITIVE_INFINITY })
    time.nowMs += 999
    expect([await a.get('k'), await b.get('k')]).toEqual([1, 1])
    time.nowMs += 1
    expect([await a.get('k'), await b.get('k')]).toEqual([undefined, undefined])
    time.nowMs += 4_500
    // Stale: only getOrSet answers it.
    expect([await a.get('long'), await b.get('long'), a.getLocal('long')]).toEqual([undefined, undefined, undefined])
    expect([await a.get('ever'), await b.get('ever')]).toEqual([3, 3])
  })

  it('getMany answers in the order asked, from here and by one read', async () => {
    const { memory, open } = fleet()
    const [a, b] = [await open(), await open()]
    await a.setMany([['x', 1]])
    await a.set('y', 2, { broadcast: 'key' })
    const found = await b.getMany(['none', 'y', 'x', 'y'])
    expect([...found]).toEqual([
      ['y', 2],
      ['x', 1],
    ])
    expect(memory.calls['read']).toBe(1)
    expect(b.stats()).toMatchObject({ localHits: 1, localMisses: 2, remoteHits: 1, remoteMisses: 1 })
    expect(await b.getMany([])).toEqual(new Map())
  })

  it('C13, C29: onSetLocal decides what is kept of what others set', async () => {
    const events: SetLocalEvent[] = []
    const problems: Error[] = []
    const { open } = fleet()
    const a = await open({ id: 'a' })
    const onSetLocal = (event: SetLocalEvent): unknown => {
      events.push(event)
      if (event.value === 'skip') return undefined
      if (event.value === 'throw') throw new Error('no')
      return { kept: event.value }
    }
    const b = await open({ onSetLocal, onError: error => problems.push(error) })
    await a.set('k', 1)
    expect(await b.get('k')).toEqual({ kept: 1 })
    await a.set('k', 'skip')
    expect(await b.get('k')).toEqual({ kept: 1 })
    await a.set('k', 'throw')
    expect(await b.get('k')).toBe('throw')
    await b.set('k', 'own')
    expect(await b.get('k')).toBe('own')
    expect(events).toMatchObject([{ key: 'k', sender: 'a', action: 'set' }, {}, {}])
    expect(new TextDecoder().decode(events[0]!.bytes)).toBe('1')
    expect(problems.map(({ message }) => message)).toEqual(['no'])
  })
})
