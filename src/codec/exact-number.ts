const numberText = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/**
 * A JSON number that neither a double nor a `bigint` holds exactly, such as `0.10000000000000000555` or `1e400`.
 * It is written back as it was read.
 */
export class ExactNumber {
  /** The number as JSON text. */
  readonly text: string

  /** Throws a TypeError unless `text` is a JSON number. */
  constructor(text: string) {
    if (!numberText.test(text)) throw new TypeError(`Text of an ExactNumber must be a JSON number, received ${text}`)
    this.text = text
  }

  /** The nearest double; ±Infinity beyond its range. */
  toNumber(): number {
    return Number(this.text)
  }

  /** The number as JSON text. */
  toString(): string {
    return this.text
  }
}

/**
 * The value of the JSON number `text`: a `number` if a double holds it, a `bigint` for other integers written without
 * point and exponent, else an {@link ExactNumber}. Integers beyond 2^53 - 1 are always `bigint`.
 */
export function exactNumber(text: string): number | bigint | ExactNumber {
  const value = Number(text)
  const isPlainInteger = /^-?\d+$/.test(text)
  if (isPlainInteger) return Number.isSafeInteger(value) ? value : BigInt(text)
  // Below 16 digits the shortest text of the nearest double is the number itself, unless the exponent is out of range.
  return String(value) === text || sameDecimal(numberToText(value), text) ? value : new ExactNumber(text)
}

/** The shortest JSON text of a finite `value`, as Go and ECMAScript agree on it; `-0` keeps its sign. */
export function numberToText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}

// Whether two number texts are the same decimal number, whatever their spelling (1.0 and 1, 1e5 and 100000).
function sameDecimal(a: string, b: string): boolean {
  const [digitsA, exponentA] = decimal(a)
  const [digitsB, exponentB] = decimal(b)
  return digitsA === digitsB && exponentA === exponentB
}

function decimal(text: string): [digits: string, exponent: bigint] {
  const match = /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text)
  if (match === null) return [text, 0n]
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  // All zeros are one number, but -0 is not 0.
  if (significant === '') return [`${sign}0`, 0n]
  // A bigint, because the exponent of a hostile text can itself be beyond 2^53.
  return [sign + significant, BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length)]
}
