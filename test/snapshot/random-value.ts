/** A random value that every codec but JSON keeps exactly; mostly small. */
export function randomValue(random: () => number, depth = 0): unknown {
  const below = (limit: number): number => Math.floor(random() * limit)
  const dice = below(depth > 2 ? 14 : 20)
  switch (dice) {
    case 0:
      return null
    case 1:
      return undefined
    case 2:
      return below(2) === 0
    case 3:
      return below(1000)
    case 4:
      return [-0, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, -(2 ** 31), 1.5, 1e300][below(7)]
    case 5:
      return [0n, -1n, 2n ** 64n, -(2n ** 70n)][below(4)]
    case 6:
      return ['', 'text', 'ä€😀', '\ud800', '__proto__', '\u0000', 'line\nbreak'][below(7)]
    case 7:
      return 'long '.repeat(below(200))
    case 8:
      return new Date(below(2 ** 31) * 1000)
    case 9:
      return new Uint8Array(below(20)).fill(below(256))
    case 14:
    case 15:
      return Array.from({ length: below(5) }, () => randomValue(random, depth + 1))
    case 16:
      return new Set(Array.from({ length: below(4) }, () => below(10)))
    case 17:
      return new Map(Array.from({ length: below(4) }, () => [below(10), randomValue(random, depth + 1)]))
    case 18:
    case 19: {
      const object = {}
      for (let i = below(5); i > 0; i--) {
        const key = ['a', 'b', '1', '0', '__proto__', 'constructor', '', 'key'][below(8)]!
        const value = randomValue(random, depth + 1)
        Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
      }
      return object
    }
    default:
      return `word-${below(50)}`
  }
}
