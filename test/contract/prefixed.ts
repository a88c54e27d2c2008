import { utf8Length } from '../../src/bytes/utf8.ts'
import type { OpenStore } from '../../src/contract/index.ts'
import { PrefixStore } from '../../src/store/prefix-store.ts'
import { maxKeyBytes } from '../../src/store/store.ts'

/** The stores of `open` seen through a PrefixStore, between neighbours that must not be seen. */
export function prefixed(open: OpenStore, prefix = 'view/\u{1f600}/'): OpenStore {
  return async () => {
    const { store, dispose, reopen, crash } = await open()
    // Neighbours on both sides of the view, and one that equals the prefix.
    for (const key of ['a', 'view/', 'view/\uff5e', 'view0', 'zz', '__proto__'])
      await store.store(key, new Uint8Array(3))
    return {
      store: new PrefixStore(store, prefix),
      maxKeyBytes: maxKeyBytes - utf8Length(prefix),
      // The view itself has no close(): whoever opened the store below closes it.
      dispose: dispose ?? (async () => await store.close?.()),
      ...(reopen && { reopen: async () => new PrefixStore(await reopen(), prefix) }),
      ...(crash && { crash: async () => new PrefixStore(await crash(), prefix) }),
    }
  }
}
