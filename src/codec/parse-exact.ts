import { isWellFormed } from '../bytes/utf8.ts'
import { exactNumber, numberToText } from './exact-number.ts'
import { quote } from './quote.ts'
import { keepSpelling } from './spelling.ts'

/** Arrays and objects nested deeper than this are refused: a reader without the limit can be made to overflow. */
export const maxDepth = 1000

/**
 * Like `JSON.parse`, with every digit kept: integers beyond 2^53 - 1 are `bigint`, other numbers that a double does
 * not hold are {@link ExactNumber}. Throws a SyntaxError where `JSON.parse` does. Text with such numbers may be nested
 * 1,000 levels deep.
 */
export function parseExact(text: string): unknown {
  return parseWith(text, exactNumber)
}

/** {@link parseExact} with `toNumber` for the texts of numbers that a double may not hold. */
export function parseWith(text: string, toNumber: (text: string) => unknown): unknown {
  // Up to 15 digits and two digits of exponent a double always suffices. A match inside a string costs time only.
  return /[\d.]{16}|\d[eE][+-]?\d{3}/.test(text) ? new Parser(text, false, toNumber).parse() : JSON.parse(text)
}

/** {@link parseExact} that also remembers, for elements of arrays, spellings that their values do not have. */
export function parseSpelled(text: string): unknown {
  return new Parser(text, true, exactNumber).parse()
}

const numberToken = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const space = /[ \t\n\r]*/y
const outsideStrings = /("(?:[^"\\]|\\.)*")|[ \t\n\r]+/g

class Parser {
  readonly #text: string
  readonly #spelled: boolean
  readonly #toNumber: (text: string) => unknown
  // Texts as Go writes them have no control character and no space outside strings; then neither is looked for.
  readonly #plain: boolean
  #at = 0
  #depth = 0
  #nextBackslash: number
  // Whether a value was read since the last reset whose text is not what would be written for it.
  #odd = false

  constructor(text: string, spelled: boolean, toNumber: (text: string) => unknown) {
    this.#text = text
    this.#spelled = spelled
    this.#toNumber = toNumber
    // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in strings
    this.#plain = !/[\u0000-\u001f]/.test(text)
    this.#nextBackslash = text.indexOf('\\')
  }

  parse(): unknown {
    const value = this.#value()
    this.#skipSpace()
    if (this.#at !== this.#text.length) this.#fail()
    return value
  }

  #value(): unknown {
    this.#skipSpace()
    switch (this.#text.charCodeAt(this.#at)) {
      case 0x22:
        return this.#string()
      case 0x7b:
        return this.#nested(() => this.#object())
      case 0x5b:
        return this.#nested(() => this.#array())
      case 0x74:
        return this.#word('true', true)
      case 0x66:
        return this.#word('false', false)
      case 0x6e:
        return this.#word('null', null)
      default:
        return this.#number()
    }
  }

  #nested<T>(read: () => T): T {
    this.#depth++
    if (this.#depth > maxDepth) throw new SyntaxError(`JSON is nested deeper than ${maxDepth} levels`)
    this.#at++
    const value = read()
    this.#depth--
    return value
  }

  #object(): object {
    const object: Record<string, unknown> = {}
    if (this.#skip(0x7d)) return object
    let count = 0
    let hasDigitKey = false
    const keys: string[] = []
    do {
      this.#skipSpace()
      if (this.#text.charCodeAt(this.#at) !== 0x22) this.#fail()
      const key = this.#string()
      if (!this.#skip(0x3a)) this.#fail()
      const value = this.#value()
      // Plain assignment to this key would set the prototype.
      if (key === '__proto__') {
        Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
      } else {
        object[key] = value
      }
      count++
      const first = key.charCodeAt(0)
      if (first >= 0x30 && first <= 0x39) hasDigitKey = true
      if (this.#spelled) keys.push(key)
    } while (this.#skip(0x2c))
    if (!this.#skip(0x7d)) this.#fail()
    if (this.#spelled) {
      // Objects put integer-like keys first and keep one of several equal keys.
      const kept = Object.keys(object)
      if (kept.length !== count || (hasDigitKey && kept.some((key, i) => key !== keys[i]))) this.#odd = true
    }
    return object
  }

  #array(): unknown[] {
    const array: unknown[] = []
    if (this.#skip(0x5d)) return array
    let anyOdd = this.#odd
    do {
      this.#skipSpace()
      const start = this.#at
      this.#odd = false
      array.push(this.#value())
      if (this.#odd) {
        anyOdd = true
        if (this.#spelled) this.#keep(array, this.#text.slice(start, this.#at))
      }
    } while (this.#skip(0x2c))
    if (!this.#skip(0x5d)) this.#fail()
    this.#odd = anyOdd
    return array
  }

  #keep(array: unknown[], text: string): void {
    const compact = this.#plain && !text.includes(' ') ? text : text.replace(outsideStrings, '$1')
    keepSpelling(array, array.length - 1, { text: compact, read: () => parseExact(compact) })
  }

  #string(): string {
    const start = this.#at
    let end = this.#text.indexOf('"', start + 1)
    if (this.#nextBackslash !== -1 && this.#nextBackslash < start) {
      this.#nextBackslash = this.#text.indexOf('\\', start)
    }
    const isEscaped = this.#nextBackslash !== -1 && this.#nextBackslash < end
    if (isEscaped) {
      let backslash = this.#nextBackslash
      while (backslash !== -1 && backslash < end) {
        if (end === backslash + 1) end = this.#text.indexOf('"', end + 1)
        backslash = this.#text.indexOf('\\', backslash + 2)
      }
    }
    if (end === -1) this.#fail(this.#text.length)
    this.#at = end + 1
    if (!isEscaped && this.#plain) return this.#text.slice(start + 1, end)
    const token = this.#text.slice(start, end + 1)
    const value: string = JSON.parse(token)
    // Of a lone surrogate there is only the escape; as a value it cannot be written.
    if (isEscaped && (quote(value) !== token || !isWellFormed(value))) this.#odd = true
    return value
  }

  #number(): unknown {
    numberToken.lastIndex = this.#at
    const match = numberToken.exec(this.#text)
    if (match === null) this.#fail()
    const [text] = match
    this.#at += text.length
    // The common case: a short integer.
    if (text.length < 16 && /^[1-9]\d*$|^0$/.test(text)) return Number(text)
    const value = this.#toNumber(text)
    if (typeof value === 'number' && numberToText(value) !== text) this.#odd = true
    return value
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) this.#fail()
    this.#at += word.length
    return value
  }

  #skip(unit: number): boolean {
    this.#skipSpace()
    if (this.#text.charCodeAt(this.#at) !== unit) return false
    this.#at++
    return true
  }

  #skipSpace(): void {
    const unit = this.#text.charCodeAt(this.#at)
    if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return
    space.lastIndex = this.#at
    this.#at += space.exec(this.#text)?.[0].length ?? 0
  }

  #fail(at = this.#at): never {
    const found = at < this.#text.length ? JSON.stringify(this.#text[at]) : 'the end'
    throw new SyntaxError(`JSON has ${found} at position ${at}, where it must not be`)
  }
}
