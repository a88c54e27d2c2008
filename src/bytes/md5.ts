// The sines of RFC 1321, and how far each step of a round turns.
const sines = Int32Array.from({ length: 64 }, (_, i) => Math.floor(2 ** 32 * Math.abs(Math.sin(i + 1))) | 0)
const turns = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]

/**
 * The MD5 of `bytes` (RFC 1321) as 16 bytes. It protects nothing: it is here because rings of groupcache are made with it,
 * some ten thousand times of a few bytes each, where general packages spend most of their time around the hash.
 */
export function md5(bytes: Uint8Array): Uint8Array {
  const words = padded(bytes)
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476)
  for (let from = 0; from < words.length; from += 16) mixBlock(state, words, from)
  const digest = new Uint8Array(16)
  for (let i = 0; i < 16; i++) digest[i] = state[i >> 2]! >>> (8 * (i & 3))
  return digest
}

// The little-endian words of the bytes, a one bit, zeros, and the number of bits.
function padded(bytes: Uint8Array): Int32Array {
  const size = bytes.byteLength
  const words = new Int32Array(((size + 8) >> 6) * 16 + 16)
  for (let i = 0; i < size; i++) words[i >> 2]! |= bytes[i]! << (8 * (i & 3))
  words[size >> 2]! |= 0x80 << (8 * (size & 3))
  words[words.length - 2] = size << 3
  words[words.length - 1] = size >>> 29
  return words
}

function mixBlock(state: Int32Array, words: Int32Array, from: number): void {
  let a = state[0]!
  let b = state[1]!
  let c = state[2]!
  let d = state[3]!
  for (let i = 0; i < 64; i++) {
    const round = i >> 4
    let mixed: number
    let at: number
    if (round === 0) {
      mixed = d ^ (b & (c ^ d))
      at = i
    } else if (round === 1) {
      mixed = c ^ (d & (b ^ c))
      at = 5 * i + 1
    } else if (round === 2) {
      mixed = b ^ c ^ d
      at = 3 * i + 5
    } else {
      mixed = c ^ (b | ~d)
      at = 7 * i
    }
    const sum = (a + mixed + sines[i]! + words[from + (at & 15)]!) | 0
    const turn = turns[4 * round + (i & 3)]!
    a = d
    d = c
    c = b
    b = (b + ((sum << turn) | (sum >>> (32 - turn)))) | 0
  }
  state[0]! += a
  state[1]! += b
  state[2]! += c
  state[3]! += d
}
