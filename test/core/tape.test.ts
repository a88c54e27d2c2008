import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { equalDeep } from '../../src/core/equal-deep.ts'
import { makeTape, sameAsTape } from '../../src/core/tape.ts'
import { assertExact, richValue } from '../codec/values.ts'
import { changePeers, netmapState } from '../helpers/netmap-state.ts'

function same(a: unknown, b: unknown): boolean {
  const byTape = sameAsTape(a, makeTape(b))
  expect(sameAsTape(b, makeTape(a))).toBe(byTape)
  expect(equalDeep(a, b)).toBe(byTape)
  expect(equalDeep(b, a)).toBe(byTape)
  return byTape
}

function exact(a: unknown, b: unknown): boolean {
  try {
    assertExact(a, b)
    return true
  } catch {
    return false
  }
}

const x = Symbol('x')

describe('tape and equalDeep', () => {
  it('a copy is the same', () => {
    fc.assert(
      fc.property(fc.clone(richValue, 2), ([a, b]) => {
        expect(same(a, b)).toBe(true)
      }),
    )
  })

  it('agree with an exact comparison on any two values', () => {
    const few = fc.constantFrom<unknown>(0, -0, 1, '1', '', null, undefined, Number.NaN, 1n, true, [], {}, [1], {
      a: 1,
    })
    const pair = fc.oneof(
      few,
      fc.tuple(few, few),
      fc.record({ a: few, b: few }, { requiredKeys: [], noNullPrototype: true }),
      richValue,
    )
    fc.assert(
      fc.property(pair, pair, (a, b) => {
        expect(same(a, b)).toBe(exact(a, b))
      }),
      { numRuns: 2000 },
    )
  })

  it('any leaf that is replaced in place is noticed', () => {
    fc.assert(
      fc.property(richValue, fc.nat(), richValue, (value, choice, replacement) => {
        const root = { value }
        const spots: [object, string][] = []
        collect(root, spots)
        const [holder, key] = spots[choice % spots.length]!
        const before: unknown = Reflect.get(holder, key)
        const tape = makeTape(root)
        expect(sameAsTape(root, tape)).toBe(true)
        Object.defineProperty(holder, key, { value: replacement, enumerable: true, configurable: true, writable: true })
        expect(sameAsTape(root, tape)).toBe(exact(before, replacement))
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    [1, '1'],
    [0, -0],
    [1, 1n],
    [null, undefined],
    [{ a: undefined }, {}],
    [[], {}],
    [[1, 2], [1]],
    [
      [1, [2]],
      [1, 2],
    ],
    [{ a: { b: 1 } }, { a: {}, b: 1 }],
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    [new Date(1), new Date(2)],
    [new Date(1), 1],
    [new Map([[1, 2]]), new Map([[1, 3]])],
    [new Map([[1, 2]]), new Set([1, 2])],
    [
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
      new Map([
        ['b', 2],
        ['a', 1],
      ]),
    ],
    [new Set([1]), [1]],
    [Uint8Array.of(1), Uint8Array.of(2)],
    [Uint8Array.of(1), Int8Array.of(1)],
    [Uint8Array.of(1), [1]],
    [Uint8Array.of(1).buffer, Uint8Array.of(1)],
    ['\ud800', '\ufffd'],
  ])('%#: differ', (a, b) => {
    expect(same(a, b)).toBe(false)
    expect(same([a], [b])).toBe(false)
  })

  it('NaN, invalid dates, buffers and objects without prototype are the same as their like', () => {
    expect(same(Number.NaN, Number.NaN)).toBe(true)
    expect(same(new Date(Number.NaN), new Date(Number.NaN))).toBe(true)
    expect(same(Buffer.from('a'), Uint8Array.of(97))).toBe(true)
    expect(same(Object.assign(Object.create(null), { a: 1 }), { a: 1 })).toBe(true)
  })

  it('bytes, maps, sets and dates are copied', () => {
    const value = { bytes: Uint8Array.of(1), map: new Map([[1, 1]]), set: new Set([1]), date: new Date(1) }
    for (const change of [
      () => value.bytes.fill(2),
      () => value.map.set(1, 2),
      () => value.set.add(2),
      () => value.date.setTime(2),
    ]) {
      const tape = makeTape(value)
      expect(sameAsTape(value, tape)).toBe(true)
      change()
      expect(sameAsTape(value, tape)).toBe(false)
    }
  })

  it('what no codec keeps always counts as changed', () => {
    class Peer {}
    const cycle: unknown[] = []
    cycle.push(cycle, cycle)
    const holes = [1, 2, 3]
    delete holes[1]
    const shared = new Uint8Array(new SharedArrayBuffer(1))
    for (const value of [(): void => {}, x, new Peer(), /a/, new Error('e'), holes, cycle, shared]) {
      expect(sameAsTape(value, makeTape(value))).toBe(false)
      expect(sameAsTape({ a: value }, makeTape({ a: value }))).toBe(false)
      expect(sameAsTape([1, value], makeTape([1, undefined]))).toBe(false)
    }
    expect(equalDeep(new Peer(), new Peer())).toBe(false)
    expect(equalDeep({ a: /a/ }, { a: /a/ })).toBe(false)
  })

  it('finds exactly the peers that changed', () => {
    const state = netmapState(300)
    const before = JSON.parse(JSON.stringify(state.Peers)) as unknown[]
    const tapes = state.Peers.map(makeTape)
    expect(state.Peers.every((peer, i) => sameAsTape(peer, tapes[i]!))).toBe(true)
    const { indexes } = changePeers(state, 7, 1, 'inplace')
    expect(indexes).toHaveLength(7)
    const changed = state.Peers.flatMap((peer, i) => (sameAsTape(peer, tapes[i]!) ? [] : [i]))
    expect(changed).toEqual(indexes)
    expect(state.Peers.flatMap((peer, i) => (equalDeep(peer, before[i]) ? [] : [i]))).toEqual(indexes)
  })
})

// Every property of every object and array inside `value`.
function collect(value: unknown, spots: [object, string][]): void {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return
  if (value instanceof Map || value instanceof Set || value instanceof Date || value instanceof ArrayBuffer) return
  for (const key of Object.keys(value)) {
    spots.push([value, key])
    collect(Reflect.get(value, key), spots)
  }
}
