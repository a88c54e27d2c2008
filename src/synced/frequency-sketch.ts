import { fnv1, fnv1OfAscii } from '../bytes/fnv.ts'
import { fmix64 } from '../bytes/hash64.ts'
import { utf8Encode } from '../bytes/utf8.ts'

/** The number by which a {@link FrequencySketch} knows a key: 32 bits. */
export function sketchHash(key: string): number {
  return fmix64(fnv1OfAscii(key) ?? fnv1(utf8Encode(key))).lo
}

const rows = 4
/** Odd numbers that make four hashes of one; any would do. */
const factors = [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f] as const
const maxCount = 15
const minWidth = 256

/**
 * About how often each of very many keys was used lately: a count-min sketch of four rows with counters of four bits (G. Cormode,
 * S. Muthukrishnan, 2005), which are halved when ten uses per counter of a row were counted (G. Einziger et al., TinyLFU, 2017).
 * Estimates are never too low but for the halving.
 */
export class FrequencySketch {
  /** Counters of a row; a power of two. */
  #width = minWidth
  /** Two counters per byte, row after row. */
  #counters = new Uint8Array((rows * minWidth) / 2)
  #uses = 0

  /** Counts a use of the key. */
  add(hash: number): void {
    let hasGrown = false
    for (let row = 0; row < rows; row++) hasGrown = this.#increment(row, this.#column(row, hash)) || hasGrown
    if (!hasGrown) return
    this.#uses += 1
    if (this.#uses >= 10 * this.#width) this.#age()
  }

  /** How often the key was used, from 0 to 15. */
  estimate(hash: number): number {
    let least = maxCount
    for (let row = 0; row < rows; row++) {
      const at = row * this.#width + this.#column(row, hash)
      least = Math.min(least, (this.#counters[at >> 1]! >> ((at & 1) * 4)) & maxCount)
    }
    return least
  }

  /** Makes room for so many keys. What was counted stays. */
  ensure(keys: number): void {
    while (this.#width < keys && this.#width < 2 ** 24) this.#double()
  }

  // The upper bits of the product: that a row twice as wide has twice of each counter side by side.
  #column(row: number, hash: number): number {
    return (Math.imul(hash, factors[row]!) >>> 0) >>> (Math.clz32(this.#width) + 1)
  }

  #increment(row: number, column: number): boolean {
    const at = row * this.#width + column
    const shift = (at & 1) * 4
    const pair = this.#counters[at >> 1]!
    if (((pair >> shift) & maxCount) === maxCount) return false
    this.#counters[at >> 1] = pair + (1 << shift)
    return true
  }

  #age(): void {
    const counters = this.#counters
    for (let i = 0; i < counters.length; i++) counters[i] = (counters[i]! >> 1) & 0x77
    this.#uses = Math.floor(this.#uses / 2)
  }

  #double(): void {
    const old = this.#counters
    const counters = new Uint8Array(old.length * 2)
    for (let i = 0; i < old.length; i++) {
      const low = old[i]! & maxCount
      const high = old[i]! >> 4
      counters[2 * i] = low | (low << 4)
      counters[2 * i + 1] = high | (high << 4)
    }
    this.#counters = counters
    this.#width *= 2
  }
}
