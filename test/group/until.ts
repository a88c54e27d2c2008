/** Resolves as soon as `test` is true, which is looked at every `pollMs`; throws after `timeoutMs`. */
export async function until(
  test: () => boolean | Promise<boolean>,
  { timeoutMs = 20_000, pollMs = 1 }: { readonly timeoutMs?: number; readonly pollMs?: number } = {},
): Promise<void> {
  const end = performance.now() + timeoutMs
  while (!(await test())) {
    if (performance.now() > end) throw new Error(`Not within ${timeoutMs} ms: ${test}`)
    await new Promise(resolve => setTimeout(resolve, pollMs))
  }
}
