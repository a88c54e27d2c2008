import type { Store } from '../store/store.ts'

const methods: readonly (keyof Store)[] = ['list', 'load', 'store', 'remove']

/** Throws a TypeError unless `store` has the methods of a {@link Store}. */
export function checkStore(store: Store): void {
  const isStore =
    typeof store === 'object' && store !== null && methods.every(name => typeof store[name] === 'function')
  if (isStore) return
  // What most who meet this have forgotten.
  const hint = (store as unknown) instanceof Promise ? ', received a promise: await it' : ''
  throw new TypeError(`Store must have the methods ${methods.join(', ')}${hint}`)
}
