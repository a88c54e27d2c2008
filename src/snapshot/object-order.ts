const maxIndexDigits = 10
const maxIndex = 2 ** 32 - 2

/**
 * The order in which a plain object with these elements enumerates: integer-like keys first, ascending, then the others
 * as they came. `order` itself (or `undefined` for 0, 1, 2, ...) if that is it already.
 */
export function objectOrder(keys: readonly string[], order: number[] | undefined): number[] | undefined {
  if (order === undefined && isInOrder(keys)) return undefined
  const slots = order ?? keys.keys()
  const indexes: number[] = []
  const others: number[] = []
  for (const slot of slots) (isIndex(keys[slot]!) ? indexes : others).push(slot)
  if (indexes.length === 0) return order
  indexes.sort((a, b) => Number(keys[a]) - Number(keys[b]))
  return [...indexes, ...others]
}

// As the engine sees it: the canonical text of an integer.
function isIndex(key: string): boolean {
  const first = key.charCodeAt(0)
  if (first < 48 || first > 57 || key.length > maxIndexDigits) return false
  const index = Number(key)
  return index <= maxIndex && String(index) === key
}

// The usual case, in one pass that allocates nothing: every start of a program comes by here.
function isInOrder(keys: readonly string[]): boolean {
  let last = -1
  let hasOthers = false
  for (const key of keys) {
    if (isIndex(key)) {
      const index = Number(key)
      if (hasOthers || index <= last) return false
      last = index
    } else hasOthers = true
  }
  return true
}
