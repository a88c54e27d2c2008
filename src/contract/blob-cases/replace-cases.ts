import type { BlobCaseDefinition } from '../blob-case.ts'
import { blobKeys, inPieces, listed, ns, proveWhole, readAll, textAt } from '../blob-samples.ts'
import { bytesOf, pattern } from '../samples.ts'

/** What replaces what, and what belongs to whom. */
export const replaceCases: readonly BlobCaseDefinition[] = [
  {
    rule: 'B4',
    title: 'a put replaces the body, whether the new one is longer, shorter or empty',
    async prove({ store, check }) {
      for (const size of [10, 200_000, 5, 70_000, 0, 1]) {
        await store.put(ns, 'put', pattern(size))
        await store.putStream(ns, 'stream', inPieces(pattern(size), 1000))
        check.sameBytes(`put() of ${size} bytes`, await proveWhole(store, check, 'put'), pattern(size))
        check.sameBytes(`putStream() of ${size} bytes`, await proveWhole(store, check, 'stream'), pattern(size))
      }
      check.sameKeys('list()', await blobKeys(store), ['put', 'stream'])
    },
  },
  {
    rule: 'B4',
    title: 'a put replaces all metadata, also when the body is the same',
    async prove({ store, check }) {
      const full = { contentType: 'a/b', expiresAt: new Date(9e12), metadata: { a: '1' }, sourceEtag: 's' }
      for (const key of ['put', 'stream']) {
        await store.put(ns, key, bytesOf('same'), full)
        if (key === 'put') await store.put(ns, key, bytesOf('same'), { metadata: { b: '2' } })
        else await store.putStream(ns, key, inPieces(bytesOf('same')), { metadata: { b: '2' } })
        const { meta } = (await store.get(ns, key))!
        check.same('contentType', meta.contentType, '')
        check.same('expiresAt', meta.expiresAt, undefined)
        check.same('sourceEtag', meta.sourceEtag, undefined)
        check.sameKeys('metadata', Object.keys(meta.metadata), ['b'])
        await proveWhole(store, check, key)
      }
    },
  },
  {
    rule: 'B4',
    title: 'what was deleted is gone and can be put again',
    async prove({ store, check }) {
      for (const text of ['first', 'second', 'third']) {
        await store.put(ns, 'key', bytesOf(text), { metadata: { text } })
        check.same('get()', await textAt(store, 'key'), text)
        check.same('delete()', await store.delete(ns, 'key'), true)
        check.same('get() after delete()', await textAt(store, 'key'), 'absent')
        check.same('second delete()', await store.delete(ns, 'key'), false)
      }
    },
  },
  {
    rule: 'B5',
    title: 'one key in two namespaces is two blobs',
    async prove({ store, check }) {
      for (const namespace of ['one', 'two']) {
        for (const key of ['a', 'b', 'c']) await store.put(namespace, key, bytesOf(`${namespace} ${key}`))
      }
      check.same('get() of the first', await textAt(store, 'a', 'one'), 'one a')
      check.same('get() of the second', await textAt(store, 'a', 'two'), 'two a')
      check.same('delete()', await store.delete('one', 'a'), true)
      check.same('get() of the other', await textAt(store, 'a', 'two'), 'two a')
      check.same('deleteNamespace()', await store.deleteNamespace('one'), 2)
      check.sameKeys('list() of it', await blobKeys(store, 'one'), [])
      check.same('get() in it', await textAt(store, 'b', 'one'), 'absent')
      check.sameKeys('list() of the other', await blobKeys(store, 'two'), ['a', 'b', 'c'])
      await store.put('one', 'b', bytesOf('again'))
      check.sameKeys('list() of it after a put', await blobKeys(store, 'one'), ['b'])
    },
  },
  {
    rule: 'B9',
    title: 'bytes that were passed or given are the caller’s',
    async prove({ store, check }) {
      const body = pattern(100_000)
      await store.put(ns, 'put', body)
      await store.putStream(ns, 'stream', inPieces(pattern(100_000), 333))
      body.fill(1)
      for (const key of ['put', 'stream']) {
        const loaded = (await store.get(ns, key))!
        loaded.bytes.fill(2)
        const reader = (await store.open(ns, key))!.stream.getReader()
        for (;;) {
          const { done, value } = await reader.read()
          if (done) break
          value.fill(3)
        }
        check.sameBytes(`body of ${key}`, await proveWhole(store, check, key), pattern(100_000))
      }
      const view = new Uint8Array(pattern(100).buffer, 10, 20)
      await store.put(ns, 'view', view)
      check.sameBytes('body of a view', await proveWhole(store, check, 'view'), pattern(100).slice(10, 30))
    },
  },
  {
    rule: 'B9',
    title: 'metadata and dates that were passed or given are the caller’s',
    async prove({ store, check }) {
      const metadata: Record<string, string> = { a: '1' }
      const expiresAt = new Date(9e12)
      const writing = store.put(ns, 'key', bytesOf('1'), { metadata, expiresAt })
      metadata['a'] = 'spoilt'
      metadata['b'] = 'added'
      expiresAt.setTime(0)
      const metas = [await writing, (await store.get(ns, 'key'))?.meta, (await store.open(ns, 'key'))?.meta]
      metas.push((await listed(store))[0]?.meta, await store.head?.(ns, 'key'))
      for (const meta of metas) {
        meta?.updatedAt.setTime(0)
        meta?.expiresAt?.setTime(0)
        attempt(() => Object.assign(meta?.metadata ?? {}, { a: 'spoilt' }))
        attempt(() => Object.assign(meta ?? {}, { size: 7 }))
      }
      const { meta } = (await store.get(ns, 'key'))!
      check.sameKeys('metadata', Object.entries(meta.metadata).flat(), ['a', '1'])
      check.same('expiresAt', meta.expiresAt?.getTime(), 9e12)
      check.holds('updatedAt', meta.updatedAt.getTime() !== 0, String(meta.updatedAt), 'as it was')
      await proveWhole(store, check, 'key')
    },
  },
  {
    rule: 'B9',
    title: 'what was opened stays as it is when the blob is replaced or deleted',
    async prove({ store, check }) {
      for (const end of ['put', 'delete', 'deleteNamespace'] as const) {
        await store.put(ns, 'key', pattern(1_500_000))
        const opened = (await store.open(ns, 'key'))!
        if (end === 'put') await store.put(ns, 'key', new Uint8Array(1_500_000))
        else if (end === 'delete') await store.delete(ns, 'key')
        else await store.deleteNamespace(ns)
        check.sameBytes(`body opened before ${end}()`, await readAll(opened.stream), pattern(1_500_000))
      }
    },
  },
]

function attempt(change: () => unknown): void {
  try {
    change()
  } catch {
    // Frozen: as good as a copy.
  }
}
