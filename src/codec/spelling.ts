import { ExactNumber } from './exact-number.ts'

// A symbol, not enumerable: copies by spread or structuredClone lose the spelling and keep the value, and nobody who
// walks the state meets it.
const spelling: unique symbol = Symbol('coldsnap.spelling')

interface Spelled {
  [spelling]?: Map<number, Spelling>
}

/** How the JSON text of one array element differed from what would be written for its value. */
interface Spelling {
  readonly text: string
  /** Reads the value again, to see whether it is still the one that had this text. */
  readonly read: () => unknown
}

/**
 * Remembers the text of `array[index]`. Go keeps the text of raw JSON values (`1.0`, `"\/"`, `{"10":1,"9":2}`), so
 * equal bytes need it; the value alone does not have it.
 */
export function keepSpelling(array: unknown[], index: number, kept: Spelling): void {
  const spelled: unknown[] & Spelled = array
  if (spelled[spelling] === undefined) Object.defineProperty(array, spelling, { value: new Map() })
  spelled[spelling]?.set(index, kept)
}

/** The remembered text of `array[index]`, if the element still has the value that was read from it. */
export function spellingOf(array: readonly unknown[], index: number): string | undefined {
  const spelled: readonly unknown[] & Spelled = array
  const kept = spelled[spelling]?.get(index)
  return kept !== undefined && sameJson(kept.read(), array[index]) ? kept.text : undefined
}

function sameJson(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (a instanceof ExactNumber || b instanceof ExactNumber) {
    return a instanceof ExactNumber && b instanceof ExactNumber && a.text === b.text
  }
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const [entriesA, keysB] = [Object.entries(a), Object.keys(b)]
  const valuesB = new Map<string, unknown>(Object.entries(b))
  return (
    entriesA.length === keysB.length && entriesA.every(([key, x]) => valuesB.has(key) && sameJson(x, valuesB.get(key)))
  )
}
