import type { BlobStore } from '../../blob/blob-store.ts'
import type { BlobCaseDefinition, BlobTools } from '../blob-case.ts'
import { blobKeys, inPieces, lineOf, listed, ns, openAll, proveWhole, textAt } from '../blob-samples.ts'
import { bytesOf, pattern } from '../samples.ts'

/** What is on the medium: found again, shared, damaged. */
export const mediumCases: readonly BlobCaseDefinition[] = [
  {
    rule: 'B16',
    title: 'a store that is opened anew has everything',
    needs: 'reopen',
    prove: tools => proveKept(tools, () => tools.handle.reopen!()),
  },
  {
    rule: 'B21',
    title: 'a store whose process died has every resolved call',
    needs: 'crash',
    prove: tools => proveKept(tools, () => tools.handle.crash!()),
  },
  {
    rule: 'B21',
    title: 'a put that was under way leaves the old blob',
    needs: 'crash',
    async prove({ store, check, handle }) {
      await store.put(ns, 'old', bytesOf('old'))
      const never = new Promise<never>(() => undefined)
      const stalled = async function* (): AsyncGenerator<Uint8Array> {
        yield pattern(1_000_000)
        reached()
        await never
      }
      let reached = (): void => undefined
      for (const key of ['old', 'new']) {
        const waiting = new Promise<void>(resolve => {
          reached = resolve
        })
        store.putStream(ns, key, stalled()).catch(() => undefined)
        await waiting
      }
      const next = await handle.crash!()
      check.same('the old blob', await textAt(next, 'old'), 'old')
      check.same('the new one', await textAt(next, 'new'), 'absent')
      check.sameKeys('list()', await blobKeys(next), ['old'])
      await next.put(ns, 'new', bytesOf('new'))
      await proveWhole(next, check, 'new')
    },
  },
  {
    rule: 'B22',
    title: 'a damaged blob is a miss and disturbs no other',
    needs: 'damage',
    async prove({ store, check, handle }) {
      const keys = ['get', 'head', 'keep', 'list', 'open', 'put']
      for (const size of [0, 10, 100_000]) {
        // Each another one: a store may keep equal bodies in one place, where damage is damage to all.
        for (const [i, key] of keys.entries()) await store.put(ns, key, pattern(size + 1 + i))
        for (const key of keys) if (key !== 'keep') await handle.damage!(ns, key)
        check.same('get()', await store.get(ns, 'get'), undefined)
        check.same('second get()', await store.get(ns, 'get'), undefined)
        await proveMissOrError({ store, check, handle, maxBodyBytes: 0 }, 'open')
        check.sameBytes('get() of a sound one', (await store.get(ns, 'keep'))?.bytes, pattern(size + 3))
        for await (const { key } of store.list(ns)) {
          // A body is not read by a listing, so it may be shown as long as only that is damaged.
          check.holds('list()', keys.includes(key) && key !== 'get', key, 'a key that was not found damaged')
        }
        await store.put(ns, 'put', bytesOf('again'))
        check.same('get() after a new put()', await textAt(store, 'put'), 'again')
        await store.delete(ns, 'list')
        check.same('get() after delete()', await textAt(store, 'list'), 'absent')
        await store.deleteNamespace(ns)
        check.sameKeys('list() after deleteNamespace()', await blobKeys(store), [])
      }
    },
  },
  {
    rule: 'B25',
    title: 'two instances on one medium see each other’s blobs and leave them whole',
    needs: 'another',
    async prove({ store, check, handle }) {
      const other = await handle.another!()
      await store.put(ns, 'first', bytesOf('first'))
      await other.put(ns, 'other', bytesOf('other'))
      check.same('get() of the other instance', await textAt(other, 'first'), 'first')
      check.same('get() of the first instance', await textAt(store, 'other'), 'other')
      check.same('delete() by the other instance', await other.delete(ns, 'first'), true)
      check.same('get() afterwards', await textAt(store, 'first'), 'absent')
      const write = async (by: BlobStore, stem: number): Promise<void> => {
        for (let i = 0; i < 20; i++) {
          const body = new Uint8Array(1 + 20_000 * (i % 3) + stem).fill(stem + i)
          if (i % 2 === 0) await by.put(ns, 'key', body)
          else await by.putStream(ns, 'key', inPieces(body, 7000))
          const seen = await by.get(ns, 'key')
          const isUniform = seen?.bytes.every(byte => byte === seen.bytes[0]) ?? false
          check.holds('get() meanwhile', isUniform, seen === undefined ? 'absent' : 'a mixture', 'a blob, whole')
        }
      }
      const ends = await Promise.allSettled([write(store, 0), write(other, 100)])
      for (const end of ends) if (end.status === 'rejected') throw end.reason
      const bytes = await proveWhole(store, check, 'key')
      check.sameBytes('body by the other instance', await proveWhole(other, check, 'key'), bytes)
    },
  },
]

async function proveKept({ store, check }: BlobTools, again: () => Promise<BlobStore>): Promise<void> {
  const full = { contentType: 'a/b', expiresAt: new Date(9e12), metadata: { b: '2', a: '1' }, sourceEtag: 's' }
  await store.put(ns, 'small', bytesOf('small'), full)
  await store.put(ns, 'empty', new Uint8Array(0))
  await store.putStream(ns, 'dir/large.bin', inPieces(pattern(1_500_000), 50_000), full)
  await store.put(ns, 'gone', bytesOf('gone'))
  await store.delete(ns, 'gone')
  await store.put(ns, 'small', bytesOf('replaced'), full)
  await store.put('other', 'small', bytesOf('other'))
  await store.put('deleted', 'key', bytesOf('deleted'))
  await store.deleteNamespace('deleted')
  const before = await listed(store)
  let current = await again()
  check.sameKeys('list()', await blobKeys(current), ['dir/large.bin', 'empty', 'small'])
  for (const [i, { key, meta }] of (await listed(current)).entries()) {
    check.same(`meta of ${key}`, lineOf(meta), lineOf(before[i]?.meta))
  }
  check.sameBytes('the large body', await openAll(current, 'dir/large.bin'), pattern(1_500_000))
  check.same('the replaced body', await textAt(current, 'small'), 'replaced')
  check.same('the other namespace', await textAt(current, 'small', 'other'), 'other')
  check.sameKeys('the deleted namespace', await blobKeys(current, 'deleted'), [])
  // Each further instance sees exactly one more change: nothing may wait for the next one.
  await current.put(ns, 'last', bytesOf('last'))
  current = await again()
  check.same('after a last put()', await textAt(current, 'last'), 'last')
  await current.delete(ns, 'last')
  current = await again()
  check.same('after a last delete()', await textAt(current, 'last'), 'absent')
}

// Only the reader of a stream can find that the body is damaged: then it must hear of it before the end.
async function proveMissOrError({ store, check }: BlobTools, key: string): Promise<void> {
  const opened = await store.open(ns, key)
  if (opened !== undefined) {
    const read = async (): Promise<unknown> => await new Response(opened.stream).arrayBuffer()
    const outcome = await read().then(
      () => 'success',
      () => 'an error',
    )
    check.same('reading a damaged body', outcome, 'an error')
  }
  check.same('get() of what open() found damaged', await store.get(ns, key), undefined)
}
