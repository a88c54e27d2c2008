/** What both a store and a blob store come in. */
interface Handle {
  readonly store: { close?(): Promise<void> }
  dispose?(): Promise<void>
}

/** Opens a store, uses it and releases it, also after a failure: by its own `dispose`, else by `close` of the store. */
export async function withHandle<H extends Handle>(
  open: () => H | Promise<H>,
  use: (handle: H) => Promise<void>,
): Promise<void> {
  const handle = await open()
  const release = async (): Promise<void> => {
    if (handle.dispose === undefined) await handle.store.close?.()
    else await handle.dispose()
  }
  try {
    await use(handle)
  } catch (error) {
    // The broken rule is what the author must see, not a disposal that fails because of it.
    await release().catch(() => {})
    throw error
  }
  await release()
}
