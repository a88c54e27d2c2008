import { bytesOf, inOrder, keysOf, numbered, pattern, textOf } from '../samples.ts'
import type { CaseDefinition } from '../store-case.ts'

/** Calls at the same time. */
export const concurrencyCases: readonly CaseDefinition[] = [
  {
    rule: 'S20',
    title: '20 store() and 20 load() of one key at the same time: one of the values, whole',
    async prove({ store, check }) {
      // Lengths differ so that a mixture of two values shows, and cross the sizes at which stores write differently.
      const values = Array.from({ length: 20 }, (_, index) => new Uint8Array(5000 * (index + 1)).fill(65 + index))
      const wanted = new Set(values.map(describe))
      await store.store('key', values[0] ?? pattern(1))
      const loads: Promise<Uint8Array | undefined>[] = []
      const writes = values.map(value => {
        const writing = store.store('key', value)
        loads.push(store.load('key'))
        return writing
      })
      await Promise.all(writes)
      for (const found of [...(await Promise.all(loads)), await store.load('key')]) {
        const what = describe(found)
        check.holds('load() during store()', wanted.has(what), what, 'one of the 20 values')
      }
      check.sameKeys('list() afterwards', await keysOf(store), ['key'])
    },
  },
  {
    rule: 'S20',
    title: 'store() and remove() of one key at the same time: the value or nothing',
    async prove({ store, check }) {
      for (let round = 0; round < 10; round++) {
        const calls = numbered('v', 10).map((text, index) =>
          index % 2 === 0 ? store.store('key', bytesOf(text)) : store.remove('key'),
        )
        await Promise.all(calls)
        const found = textOf(await store.load('key'))
        check.holds('load() afterwards', /^(absent|v00[02468])$/.test(found), found, 'one of the values, or nothing')
        check.sameKeys('list() afterwards', await keysOf(store), found === 'absent' ? [] : ['key'])
      }
    },
  },
  {
    rule: 'S21',
    title: '500 calls of each verb at the same time',
    async prove({ store, check }) {
      const keys = numbered('k', 500)
      await settled(keys.map(key => store.store(key, bytesOf(key))))
      check.sameKeys('list() after 500 store()', inOrder(await keysOf(store)), keys)
      const values = await settled(keys.map(key => store.load(key)))
      check.sameKeys('values of 500 load()', values.map(textOf), keys)
      await settled(keys.map(key => store.remove(key)))
      check.sameKeys('list() after 500 remove()', await keysOf(store), [])
    },
  },
]

// Waits for all before it fails: calls that still run must not meet the disposal of their store.
async function settled<T>(calls: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(calls)
  return await Promise.all(calls)
}

function describe(bytes: Uint8Array | undefined): string {
  if (bytes === undefined) return 'absent'
  const uniform = bytes.every(byte => byte === bytes[0])
  return `${bytes.byteLength} bytes of ${uniform ? bytes[0] : 'mixed values'}`
}
