import type { Store } from '../../store/store.ts'
import { bytesOf, fill, hostileKeys, inOrder, keysOf, longKey, pattern } from '../samples.ts'
import type { CaseDefinition, CaseTools } from '../store-case.ts'

/** What another instance on the same medium finds. */
export const durabilityCases: readonly CaseDefinition[] = [
  {
    rule: 'S28',
    title: 'a store that was closed and opened anew has everything',
    needs: 'reopen',
    async prove(tools) {
      await proveKept(tools, tools.reopen)
    },
  },
  {
    rule: 'S29',
    title: 'a store whose process died has every resolved operation',
    needs: 'crash',
    async prove(tools) {
      await proveKept(tools, tools.crash)
    },
  },
]

async function proveKept({ store, check, maxKeyBytes }: CaseTools, again: () => Promise<Store>): Promise<void> {
  const wanted = new Map<string, Uint8Array>()
  const keys = [...hostileKeys, longKey('a', maxKeyBytes), longKey('\u00e9', maxKeyBytes)]
  await fill(store, keys)
  for (const key of keys) wanted.set(key, bytesOf(key))
  const verify = async (found: Store, what: string): Promise<void> => {
    check.sameKeys(`list() ${what}`, inOrder(await keysOf(found)), inOrder(wanted.keys()))
    for (const [key, value] of wanted) {
      check.sameBytes(`load(${JSON.stringify(key)}) ${what}`, await found.load(key), value)
    }
  }
  const change = async (current: Store, key: string, value?: Uint8Array): Promise<void> => {
    await (value === undefined ? current.remove(key) : current.store(key, value))
    if (value === undefined) wanted.delete(key)
    else wanted.set(key, value)
  }
  await change(store, 'empty', new Uint8Array(0))
  await change(store, 'large', pattern(300_000))
  await change(store, 'a', bytesOf('replaced'))
  await change(store, 'b', bytesOf('to be removed'))
  await change(store, 'b')
  await change(store, 'a/b')
  let current = await again()
  await verify(current, 'of the second instance')
  // Each further instance sees exactly one more change, the last before the end: nothing may wait for the next one.
  await change(current, 'a', bytesOf('replaced again'))
  current = await again()
  await verify(current, 'after a last store()')
  await change(current, '10')
  current = await again()
  await verify(current, 'after a last remove()')
  if (current.batch === undefined) return
  await current.batch([
    { type: 'store', key: 'batched', value: bytesOf('1') },
    { type: 'remove', key: 'a' },
  ])
  wanted.set('batched', bytesOf('1'))
  wanted.delete('a')
  await verify(await again(), 'after a last batch()')
}
