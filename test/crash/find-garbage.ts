import { openHead } from '../../src/snapshot/head-seal.ts'
import { namedKeys } from '../../src/snapshot/inventory.ts'
import { snapshotKeys } from '../../src/snapshot/keys.ts'
import { resolveCodec } from '../../src/snapshot/snapshot-options.ts'
import type { Store } from '../../src/store/store.ts'
import type { Config } from './life-state.ts'

const keys = snapshotKeys('app')

/**
 * What is wrong with the keys of a store after a write and its sweep: they are exactly the one or two newest heads, what
 * these name, and marks of loads of these. `undefined` if nothing is.
 */
export async function findGarbage(store: Store, config: Config): Promise<string | undefined> {
  const { cipher } = resolveCodec(config.codec ?? 'auto')
  const left = new Set<string>()
  for await (const key of store.list('')) left.add(key)
  const heads = [...left].filter(key => keys.parse(key)?.kind === 'head')
  if (heads.length < 1 || heads.length > 2) return `${heads.length} heads are left`
  // Two heads may name the same segment, so nothing is struck off before both have been looked at.
  const needed = new Set<string>()
  for (const key of heads) {
    const head = await openHead((await store.load(key))!, key, cipher)
    for (const named of namedKeys(keys, head)) {
      if (!left.has(named)) return `${named} is gone, which ${key} names`
      needed.add(named)
    }
    needed.add(key)
    const mark = keys.attempt(head, 1).slice(0, -1)
    for (const one of left) if (one.startsWith(mark)) needed.add(one)
  }
  const garbage = [...left].filter(key => !needed.has(key))
  return garbage.length === 0 ? undefined : `garbage is left: ${garbage.join(', ')}`
}
