/** Length of a digest in bytes. */
export const digestBytes = 16

/**
 * MurmurHash3 of `bytes`, the variant for x86 with 128 bits, seed 0 (A. Appleby, 2011). It tells every damage within one
 * aligned block of 16 bytes; other damage would have to hit on one of 2^128 values. It is no signature: who wants to deceive can
 * make bytes to a digest, as he could write a new one under any sum without a key; `aesGcm` is for that.
 *
 * Not SHA-256, because it is here in a millisecond, synchronous, and the same everywhere: to load `node:crypto` takes as
 * long as a whole start-up, and Web Crypto is asynchronous and missing on pages of plain http.
 */
export function digest(bytes: Uint8Array): Uint8Array {
  return murmur3(bytes, 0)
}

const c1 = 0x239b961b
const c2 = 0xab0e9789 | 0
const c3 = 0x38b34ae5
const c4 = 0xa1e38b93 | 0

/** {@link digest} with a seed, an integer of 32 bits. */
export function murmur3(bytes: Uint8Array, seed: number): Uint8Array {
  const size = bytes.byteLength
  const blocks = size >> 4
  state.fill(seed)
  const end = blocks * 4
  if (isLittleEndian && size <= maxFewBytes) {
    fewBytes.set(bytes)
    fewBytes.fill(0, size, size + 16)
    mixSome(fewWords, 0, end)
    if ((size & 15) !== 0) mixTail(fewWords, end)
  } else {
    mixBlocks(wordsOf(bytes, end))
    if ((size & 15) !== 0) mixTail(tailWords(bytes.subarray(blocks * 16)), 0)
  }
  return finish(size)
}

const isLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1
// Few bytes are copied to here: views of where they lie would take longer to make than the digest.
const maxFewBytes = 512
const fewBytes = new Uint8Array(maxFewBytes + 16)
const fewWords = new Int32Array(fewBytes.buffer)
// One for all digests: memory outside of the heap takes longer to get than few bytes to mix.
const state = new Int32Array(4)
const stateBytes = new Uint8Array(state.buffer)

// Some kilobytes per call, and rotations in line: this must be quick in an engine that has not compiled it yet.
const wordsAtOnce = 1024

function mixBlocks(words: Int32Array): void {
  for (let from = 0; from < words.length; from += wordsAtOnce) {
    mixSome(words, from, Math.min(from + wordsAtOnce, words.length))
  }
}

function mixSome(words: Int32Array, from: number, end: number): void {
  const { imul } = Math
  let h1 = state[0]!
  let h2 = state[1]!
  let h3 = state[2]!
  let h4 = state[3]!
  for (let i = from; i < end; i += 4) {
    const k1 = imul(words[i]!, c1)
    h1 ^= imul((k1 << 15) | (k1 >>> 17), c2)
    h1 = (imul(((h1 << 19) | (h1 >>> 13)) + h2, 5) + 0x561ccd1b) | 0
    const k2 = imul(words[i + 1]!, c2)
    h2 ^= imul((k2 << 16) | (k2 >>> 16), c3)
    h2 = (imul(((h2 << 17) | (h2 >>> 15)) + h3, 5) + 0x0bcaa747) | 0
    const k3 = imul(words[i + 2]!, c3)
    h3 ^= imul((k3 << 17) | (k3 >>> 15), c4)
    h3 = (imul(((h3 << 15) | (h3 >>> 17)) + h4, 5) + 0x96cd1c35) | 0
    const k4 = imul(words[i + 3]!, c4)
    h4 ^= imul((k4 << 18) | (k4 >>> 14), c1)
    h4 = (imul(((h4 << 13) | (h4 >>> 19)) + h1, 5) + 0x32ac3b17) | 0
  }
  state[0] = h1
  state[1] = h2
  state[2] = h3
  state[3] = h4
}

// The bytes after the last whole block: as if zeros followed, but without the last steps of a block.
function mixTail(words: Int32Array, at: number): void {
  state[3]! ^= Math.imul(rotate(Math.imul(words[at + 3]!, c4), 18), c1)
  state[2]! ^= Math.imul(rotate(Math.imul(words[at + 2]!, c3), 17), c4)
  state[1]! ^= Math.imul(rotate(Math.imul(words[at + 1]!, c2), 16), c3)
  state[0]! ^= Math.imul(rotate(Math.imul(words[at]!, c1), 15), c2)
}

function tailWords(tail: Uint8Array): Int32Array {
  const block = new Uint8Array(16)
  block.set(tail)
  return wordsOf(block, 4)
}

function finish(size: number): Uint8Array {
  for (let i = 0; i < 4; i++) state[i]! ^= size
  addUp()
  for (let i = 0; i < 4; i++) state[i] = avalanche(state[i]!)
  addUp()
  if (isLittleEndian) return stateBytes.slice()
  const result = new Uint8Array(digestBytes)
  const view = new DataView(result.buffer)
  for (let i = 0; i < 4; i++) view.setInt32(4 * i, state[i]!, true)
  return result
}

function addUp(): void {
  state[0]! += state[1]! + state[2]! + state[3]!
  for (let i = 1; i < 4; i++) state[i]! += state[0]!
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

function avalanche(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}

// The first `count` little-endian words: where they lie, if the platform can read them there.
function wordsOf(bytes: Uint8Array, count: number): Int32Array {
  if (!isLittleEndian) {
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    return Int32Array.from({ length: count }, (_, i) => view.getInt32(4 * i, true))
  }
  // Not bytes.slice: that of a Buffer does not copy.
  const from = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes.subarray(0, 4 * count))
  return new Int32Array(from.buffer, from.byteOffset, count)
}
