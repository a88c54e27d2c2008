/**
 * The least string that comes after every string with `prefix` in the order of UTF-8 bytes; `undefined` if there is
 * none. (Appending a highest character is not enough: keys may continue with it.)
 */
export function prefixEnd(prefix: string): string | undefined {
  const points = Array.from(prefix, char => char.codePointAt(0)!)
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last === 0x10ffff) continue
    // Between U+D7FF and U+E000 there are only surrogates, which UTF-8 does not have.
    points.push(last === 0xd7ff ? 0xe000 : last + 1)
    return String.fromCodePoint(...points)
  }
  return undefined
}
