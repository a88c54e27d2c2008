import type { OpenStore, StoreHandle } from './store-case.ts'

/** Opens a store, uses it and releases it, also after a failure: by its own `dispose`, else by `close` of the store. */
export async function withHandle(open: OpenStore, use: (handle: StoreHandle) => Promise<void>): Promise<void> {
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
