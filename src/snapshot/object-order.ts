const integerLike = /^(?:0|[1-9][0-9]{0,9})$/
const maxIndex = 2 ** 32 - 2

/**
 * The order in which a plain object with these elements enumerates: integer-like keys first, ascending, then the others
 * as they came. `order` itself (or `undefined` for 0, 1, 2, ...) if that is it already.
 */
export function objectOrder(keys: readonly string[], order: number[] | undefined): number[] | undefined {
  const slots = order ?? keys.keys()
  const indexes: number[] = []
  const others: number[] = []
  for (const slot of slots) (isIndex(keys[slot]!) ? indexes : others).push(slot)
  if (indexes.length === 0) return order
  indexes.sort((a, b) => Number(keys[a]) - Number(keys[b]))
  const sorted = [...indexes, ...others]
  return order === undefined && sorted.every((slot, i) => slot === i) ? undefined : sorted
}

function isIndex(key: string): boolean {
  const first = key.charCodeAt(0)
  return first >= 48 && first <= 57 && integerLike.test(key) && Number(key) <= maxIndex
}
