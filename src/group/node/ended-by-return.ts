/**
 * The lists of `follow`, which gets a signal that aborts with the caller's and when the reader leaves. A generator alone
 * hears of `return()` only at its next list: until then it would go on asking for nobody.
 */
export function endedByReturn<T>(
  signal: AbortSignal | undefined,
  follow: (signal: AbortSignal) => AsyncGenerator<T, void, undefined>,
): AsyncGenerator<T, void, undefined> {
  const left = new AbortController()
  const inner = follow(signal === undefined ? left.signal : AbortSignal.any([signal, left.signal]))
  const leave = inner.return.bind(inner)
  inner.return = value => {
    left.abort()
    return leave(value)
  }
  return inner
}
