/** Resolves as soon as `test` is true; throws after five seconds. */
export async function until(test: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 5_000
  while (!(await test())) {
    if (performance.now() > end) throw new Error(`Not within five seconds: ${test}`)
    await new Promise(resolve => setTimeout(resolve, 1))
  }
}
