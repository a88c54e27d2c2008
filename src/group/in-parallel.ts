// Single requests in place of one for many: so many at once.
const maxParallel = 8

/** Does the work for each of `items`, a few at once; the results have their order. The first failure ends it. */
export async function inParallel<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length)
  let next = 0
  let isFailed = false
  const worker = async (): Promise<void> => {
    while (next < items.length && !isFailed) {
      const i = next++
      try {
        results[i] = await work(items[i]!, i)
      } catch (error) {
        isFailed = true
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(maxParallel, items.length) }, worker))
  return results
}
