import { noise } from './deterministic.ts'

/** A state of any fields. */
export type State = Record<string, unknown>

export interface Peer {
  readonly id: string
  readonly name: string
  readonly online: boolean
  readonly port: number
}

/** The peer of a number. */
export function peer(i: number, change: Partial<Peer> = {}): Peer {
  return { id: `n${i}`, name: `host-${i}`, online: i % 3 === 0, port: 1_000 + i, ...change }
}

/** The peers `first`, `first + 1`, ... */
export function peers(count: number, first = 0): Peer[] {
  return Array.from({ length: count }, (_, i) => peer(first + i))
}

/** Elements of some 270 bytes that no compression helps with. */
export function wide(first: number, count: number, seed = 0): { id: string; text: string }[] {
  return Array.from({ length: count }, (_, i) => ({ id: `e${first + i}`, text: noise(seed + first + i, 250) }))
}

export const elements: State = {
  list: peers(3),
  byId: { n1: { on: true }, 9: 'nine', '': 'empty key' },
  map: new Map<string, unknown>([
    ['b', 2],
    ['a', [1, 2]],
  ]),
  noList: [],
  noEntries: {},
  nothing: null,
}

/** `__proto__` as a field of its own, as JSON.parse makes it. */
export const oddNames: State = JSON.parse('{"a/b %":1,"ключ":2,"@head":3,"__proto__":4,"constructor":5,"10":6}')

export const rich: State = {
  when: new Date(1_700_000_000_123),
  big: [2n ** 64n, -(2n ** 70n), 0n],
  bytes: Uint8Array.of(0, 1, 254, 255),
  floats: Float64Array.of(1.5, -0, Number.NaN),
  odd: [undefined, Number.NaN, -0, Number.POSITIVE_INFINITY],
  set: new Set<unknown>(['a', 1, new Date(0)]),
  nested: new Map<unknown, unknown>([
    [1, 'one'],
    ['two', new Map([[3n, null]])],
  ]),
  text: 'naïve 😀 \u0000\u2028',
  nothing: undefined,
}

/** 400 peers, of which some are gone, one has come to the front, two are new and one has changed. */
export function reordered(): Peer[] {
  const left = peers(400).filter((_, i) => i % 50 !== 3)
  const changed = left.slice(0, -1).map(p => (p.id === 'n12' ? { ...p, port: 12 } : p))
  return [left.at(-1)!, peer(900), ...changed, peer(901)]
}
