import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type PageContent, sameAsRow } from '../../src/codec/page-content.ts'
import { decodePage } from '../../src/codec/page-decode.ts'
import { encodePage } from '../../src/codec/page-encode.ts'
import { makeTape, sameAsTape } from '../../src/core/tape.ts'
import { netmapState } from '../helpers/netmap-state.ts'
import { elementsOf, jsonValue, richValue } from './values.ts'

const columnValue = fc.oneof(
  { weight: 8, arbitrary: jsonValue },
  { weight: 1, arbitrary: fc.constantFrom(undefined, Number.NaN, -0, Number.NEGATIVE_INFINITY) },
)
const elements = elementsOf(columnValue)

/** Which of `values` the content has at their rows. */
function same(values: readonly unknown[], content: PageContent): boolean[] {
  return values.map((value, row) => sameAsRow(value, content, row))
}

/** Every place below `value` that holds something. */
function spotsOf(value: unknown): [object, string][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) => [[value, key] as [object, string], ...spotsOf(item)])
}

describe('the content of a page', () => {
  it('is the same as a copy, and differs from other values where a tape does', () => {
    let rows = 0
    fc.assert(
      fc.property(fc.clone(elements, 2), elements, ([values, copy], others) => {
        const { content } = encodePage([...values], '')
        if (content === undefined) return
        expect(same(copy, content)).toEqual(values.map(() => true))
        const mixedIn = values.map((value, i) => (i % 3 > 0 && i < others.length ? others[i] : value))
        expect(same(mixedIn, content)).toEqual(mixedIn.map((value, i) => sameAsTape(value, makeTape(values[i]))))
        rows += values.length
      }),
      { numRuns: 1000 },
    )
    expect(rows).toBeGreaterThan(1000)
  })

  it('notices any place of a value that is changed, taken away or added to, in that row alone', () => {
    fc.assert(
      fc.property(elements, fc.nat(), columnValue, (given, choice, replacement) => {
        const { bytes, content } = encodePage([...given], '')
        // Rows that share nothing with each other: a change is one of one row.
        const values = decodePage(bytes, given.length)
        const spots = values.flatMap((value, row) => spotsOf(value).map(spot => [row, ...spot] as const))
        if (content === undefined || spots.length === 0) return
        const [row, holder, key] = spots[choice % spots.length]!
        const before: unknown = Reflect.get(holder, key)
        const only = (isSame: boolean): boolean[] => values.map((_, i) => i !== row || isSame)
        const put = (name: string, value: unknown): void => {
          Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true })
        }
        put(key, replacement)
        expect(same(values, content)).toEqual(only(sameAsTape(replacement, makeTape(before))))
        put(key, before)
        expect(same(values, content)).toEqual(only(true))
        put(Array.isArray(holder) ? String(holder.length) : 'one more', null)
        expect(same(values, content)).toEqual(only(false))
      }),
      { numRuns: 1000 },
    )
  })

  it('of a network map finds the peer that changed', () => {
    const { Peers } = netmapState(600)
    const content = encodePage([...Peers], '').content!
    expect(same(Peers, content)).not.toContain(false)
    Peers[77]!.Online = !Peers[77]!.Online
    Peers[300]!.Endpoints?.push('192.0.2.1:1')
    delete Peers[599]!['Hostinfo']
    const changed = same(Peers, content).flatMap((isSame, row) => (isSame ? [] : [row]))
    expect(changed).toEqual([77, 300, 599])
  })

  it('holds dictionaries, rows of several kinds and keys that only some have', () => {
    const make = (): unknown[] => [
      ...Array.from({ length: 40 }, (_, i) => ({ [`k${i}`]: i, [`l${i}`]: [i, String(i)] })),
    ]
    const mixed = (): unknown[] => [1, 'a', null, undefined, [1], { a: 1 }, { b: [2], a: null }, true, [], {}, ['x', 3]]
    for (const values of [make, mixed]) {
      const content = encodePage(values(), '').content!
      expect(same(values(), content)).not.toContain(false)
      expect(same(values().reverse(), content)).toEqual(
        values().map((value, row) => sameAsTape(values().reverse()[row], makeTape(value))),
      )
    }
  })

  it('is not there where something in the page is no column', () => {
    for (const value of [1n, new Date(1), new Map(), new Uint8Array(1)]) {
      expect(encodePage([{ a: 1 }, { a: value }], '').content).toBeUndefined()
    }
    fc.assert(fc.property(elementsOf(richValue), values => void encodePage(values, '')))
  })
})
