import { isCacheError } from '../../errors.ts'
import type { BlobCaseDefinition } from '../blob-case.ts'
import { blobKeys, lineOf, listed, ns, turn } from '../blob-samples.ts'
import { bytesOf, inOrder, numbered } from '../samples.ts'

/** list(): what, and in which order. */
export const listingCases: readonly BlobCaseDefinition[] = [
  {
    rule: 'B6',
    title: 'list() yields exactly what is left',
    async prove({ store, check }) {
      check.sameKeys('list() of an empty store', await blobKeys(store), [])
      for (const key of ['k1', 'k2', 'k3']) await store.put(ns, key, bytesOf(key))
      await store.delete(ns, 'k1')
      check.sameKeys('list() after delete()', await blobKeys(store), ['k2', 'k3'])
      await store.put(ns, 'k2', bytesOf('again'))
      check.sameKeys('list() after a second put()', await blobKeys(store), ['k2', 'k3'])
      for (const { key, meta } of await listed(store)) {
        check.same(`meta of ${key}`, lineOf(meta), lineOf((await store.get(ns, key))?.meta))
      }
    },
  },
  {
    rule: 'B6',
    title: 'list() is in the order of UTF-8 bytes, not of directories, UTF-16 units or numbers',
    async prove({ store, check }) {
      const keys = ['b', 'B', 'a-1', 'a.txt', 'c/b', 'c-1', 'c.txt', '10', '9', '\u{1f600}', '\uff5e', 'é', 'z', 'c0']
      for (const key of keys) await store.put(ns, key, bytesOf(key))
      check.sameKeys('list()', await blobKeys(store), inOrder(keys))
    },
  },
  {
    rule: 'B6',
    title: 'list() with a prefix yields the keys that start with it',
    async prove({ store, check }) {
      const keys = ['aws/eu-1.json', 'aws/eu-2.json', 'aws/us-1.json', 'aws2', 'azure/eu', 'b%', 'b_', '\u{1f600}', 'é']
      for (const key of keys) await store.put(ns, key, bytesOf(key))
      const prefixes = [
        '',
        'a',
        'aws',
        'aws/',
        'aws/eu',
        'aws/eu-1.json',
        'aws/eu-1.json2',
        'c',
        'b%',
        '\u{1f600}',
        'A',
      ]
      for (const prefix of prefixes) {
        const wanted = inOrder(keys.filter(key => key.startsWith(prefix)))
        check.sameKeys(`list() of ${prefix}`, await blobKeys(store, ns, prefix), wanted)
      }
    },
  },
  {
    rule: 'B6',
    title: 'listings at the same time, and left early, do not disturb each other',
    async prove({ store, check }) {
      const keys = numbered('k', 60)
      for (const key of keys) await store.put(ns, key, bytesOf(key))
      for (let i = 0; i < 5; i++) for await (const _ of store.list(ns)) break
      const all = await Promise.all([blobKeys(store), blobKeys(store), blobKeys(store)])
      for (const found of all) check.sameKeys('list()', found, keys)
    },
  },
  {
    rule: 'B20',
    title: 'list() while blobs are put, replaced and deleted',
    async prove({ store, check }) {
      const stay = numbered('stay', 15)
      const change = numbered('swap', 15)
      for (const key of stay) await store.put(ns, key, bytesOf(key))
      let isWriting = true
      const write = async (): Promise<void> => {
        try {
          for (let round = 0; round < 6; round++) {
            for (const key of change) {
              if (round % 2 === 0) await store.put(ns, key, bytesOf(`${key} ${round}`))
              else await store.delete(ns, key)
              await store.put(ns, stay[round] ?? 'stay000', bytesOf(`replaced ${key}`))
              await turn()
            }
          }
        } finally {
          isWriting = false
        }
      }
      const read = async (): Promise<void> => {
        while (isWriting) {
          const found = await blobKeys(store)
          const here = found.filter(key => key.startsWith('stay'))
          check.sameKeys('list() of those that stay', here, stay)
          const others = found.filter(key => !stay.includes(key) && !change.includes(key))
          check.sameKeys('list() of what nobody put', others, [])
          check.same('keys that are shown twice', found.length - new Set(found).size, 0)
          await turn()
        }
      }
      const ends = await Promise.allSettled([write(), read(), read()])
      for (const end of ends) if (end.status === 'rejected') throw end.reason
    },
  },
  {
    rule: 'B37',
    title: 'keys() gives the keys of list()',
    needs: 'keys',
    async prove({ store, check }) {
      const keysOf = async (prefix?: string, signal?: AbortSignal): Promise<string[]> => {
        const all: string[] = []
        for await (const key of store.keys!(ns, { prefix, signal })) all.push(key)
        return all
      }
      check.sameKeys('keys() of an empty store', await keysOf(), [])
      const keys = [
        'b',
        'a/y',
        'a/x',
        'ab',
        'é',
        '\u{1f600}',
        '\uff5e',
        `a/${'long'.repeat(40)}/${'long'.repeat(40)}`,
        'gone',
      ]
      for (const key of keys) await store.put(ns, key, bytesOf(key))
      await store.put(`${ns}-other`, 'other', bytesOf('other'))
      await store.delete(ns, 'gone')
      for (const prefix of [undefined, '', 'a', 'a/', 'a/long', 'é', 'none']) {
        check.sameKeys(`keys() with prefix ${prefix}`, await keysOf(prefix), await blobKeys(store, ns, prefix))
      }
      const gone = await keysOf('', AbortSignal.abort()).catch((error: unknown) => error)
      check.holds('keys() with a signal that is aborted', isCacheError(gone, 'ABORTED'), String(gone), 'ABORTED')
      const refused: unknown = await store.keys!('..')
        [Symbol.asyncIterator]()
        .next()
        .catch((error: unknown) => error)
      check.holds('keys() of no namespace', isCacheError(refused, 'INVALID_KEY'), String(refused), 'INVALID_KEY')
    },
  },
]
