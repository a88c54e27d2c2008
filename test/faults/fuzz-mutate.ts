/** Numbers in [0, 1). */
export type Random = () => number

// Where lengths, counts and tags tip over.
const oddBytes = [0, 1, 0x17, 0x18, 0x1b, 0x1f, 0x3b, 0x5f, 0x7f, 0x80, 0x9b, 0xbb, 0xc2, 0xd9, 0xf6, 0xff]
const oddNumbers = [0, 1, 0xff, 0x100, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff]
const odds = [
  '[',
  '{"a":',
  '{"__proto__":',
  '"constructor"',
  '1e999',
  '9007199254740993',
  '\\ud800',
  '\u0000',
  '-',
  '""',
]
const maxBytes = 256 << 10

export function below(random: Random, limit: number): number {
  return Math.floor(random() * limit)
}

export function pick<T>(random: Random, from: readonly T[]): T {
  return from[below(random, from.length)]!
}

/** A copy of `bytes` with one to six changes; `other` is what parts are taken from. At most 256 KiB. */
export function mutate(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  let copy: Uint8Array = bytes.slice()
  for (let left = 1 + below(random, 6); left > 0; left--) copy = pick(random, changes)(random, copy, other)
  return copy.byteLength > maxBytes ? copy.slice(0, maxBytes) : copy
}

type Change = (random: Random, bytes: Uint8Array, other: Uint8Array) => Uint8Array

function at(random: Random, bytes: Uint8Array): number {
  return below(random, bytes.byteLength + 1)
}

function splice(bytes: Uint8Array, from: number, to: number, insert: Uint8Array): Uint8Array {
  const result = new Uint8Array(from + insert.byteLength + bytes.byteLength - to)
  result.set(bytes.subarray(0, from))
  result.set(insert, from)
  result.set(bytes.subarray(to), from + insert.byteLength)
  return result
}

function part(random: Random, bytes: Uint8Array, longest: number): [from: number, to: number] {
  const from = at(random, bytes)
  return [from, Math.min(bytes.byteLength, from + below(random, longest + 1))]
}

function overwrite(bytes: Uint8Array, from: number, by: Uint8Array): Uint8Array {
  for (const [i, byte] of by.entries()) if (from + i < bytes.byteLength) bytes[from + i] = byte
  return bytes
}

const changes: readonly Change[] = [
  (random, bytes) => overwrite(bytes, at(random, bytes), Uint8Array.of(below(random, 256))),
  (random, bytes) => overwrite(bytes, at(random, bytes), Uint8Array.of(pick(random, oddBytes))),
  (random, bytes) => {
    const i = at(random, bytes)
    if (i < bytes.byteLength) bytes[i]! ^= 1 << below(random, 8)
    return bytes
  },
  (random, bytes) => {
    const number = new DataView(new ArrayBuffer(4))
    number.setUint32(0, pick(random, oddNumbers), random() < 0.5)
    return overwrite(bytes, at(random, bytes), new Uint8Array(number.buffer))
  },
  (random, bytes) => splice(bytes, ...part(random, bytes, 40), new Uint8Array(0)),
  (random, bytes) => bytes.slice(0, at(random, bytes)),
  (random, bytes) => {
    const i = at(random, bytes)
    return splice(bytes, i, i, new TextEncoder().encode(pick(random, odds)))
  },
  // The same again and again: nesting, if it is an opening.
  (random, bytes) => {
    const [from, to] = part(random, bytes, random() < 0.5 ? 2 : 60)
    const one = bytes.slice(from, to)
    const times = 2 ** below(random, 15)
    const many = new Uint8Array(Math.min(one.byteLength * times, maxBytes))
    for (let i = 0; i < many.byteLength; i++) many[i] = one[i % one.byteLength]!
    return splice(bytes, from, to, many)
  },
  (random, bytes, other) => {
    const [from, to] = part(random, other, 200)
    const i = at(random, bytes)
    return splice(bytes, i, random() < 0.5 ? i : Math.min(bytes.byteLength, i + to - from), other.subarray(from, to))
  },
]
