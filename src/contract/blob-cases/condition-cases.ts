import type { BlobCaseDefinition } from '../blob-case.ts'
import { blobKeys, etagOf, inPieces, lineOf, ns, openAll, proveWhole, readAll, textAt } from '../blob-samples.ts'
import { bytesOf, pattern } from '../samples.ts'

/** Conditions and parts. */
export const conditionCases: readonly BlobCaseDefinition[] = [
  {
    rule: 'B30',
    title: 'ifMatch and ifNoneMatch let a put through or not',
    async prove({ store, check }) {
      const one = await etagOf(bytesOf('1'))
      const two = await etagOf(bytesOf('2'))
      for (const key of ['put', 'stream']) {
        const put = (text: string, options: { ifMatch?: string; ifNoneMatch?: string }): Promise<unknown> =>
          key === 'put'
            ? store.put(ns, key, bytesOf(text), options)
            : store.putStream(ns, key, inPieces(bytesOf(text)), options)
        await check.rejects('ifMatch where there is none', () => put('x', { ifMatch: one }), 'PRECONDITION_FAILED')
        check.same('blob afterwards', await textAt(store, key), 'absent')
        await put('1', { ifNoneMatch: '*' })
        await check.rejects('ifNoneMatch *', () => put('x', { ifNoneMatch: '*' }), 'PRECONDITION_FAILED')
        await check.rejects('ifNoneMatch of its etag', () => put('x', { ifNoneMatch: one }), 'PRECONDITION_FAILED')
        await check.rejects('ifMatch of another', () => put('x', { ifMatch: two }), 'PRECONDITION_FAILED')
        check.same('blob afterwards', await textAt(store, key), '1')
        await put('2', { ifMatch: one })
        check.same('blob after ifMatch', await textAt(store, key), '2')
        await put('3', { ifNoneMatch: one })
        check.same('blob after ifNoneMatch', await textAt(store, key), '3')
      }
      check.sameKeys('list()', await blobKeys(store), ['put', 'stream'])
    },
  },
  {
    rule: 'B30',
    title: 'of puts at the same time with one condition exactly one goes through',
    async prove({ store, check }) {
      let options: { ifMatch?: string; ifNoneMatch?: string } = { ifNoneMatch: '*' }
      for (let round = 0; round < 8; round++) {
        const puts = Array.from({ length: 8 }, (_, i) => {
          // Different lengths end at different times; a store may read its condition long before it writes.
          const body = bytesOf(`round ${round} put ${i} ${'.'.repeat(i * 20_000)}`)
          return i % 2 === 0 ? store.put(ns, 'key', body, options) : store.putStream(ns, 'key', inPieces(body), options)
        })
        const outcomes = await Promise.allSettled(puts)
        const won = outcomes.filter(({ status }) => status === 'fulfilled').length
        check.same('puts that went through', won, 1)
        for (const outcome of outcomes) {
          if (outcome.status === 'fulfilled') continue
          await check.rejects('put() that lost', () => Promise.reject(outcome.reason), 'PRECONDITION_FAILED')
        }
        await proveWhole(store, check, 'key')
        options = { ifMatch: (await store.get(ns, 'key'))!.meta.etag }
      }
    },
  },
  {
    rule: 'B30',
    title: 'a range gives exactly its bytes, and what is beyond the size is cut off',
    async prove({ store, check }) {
      for (const size of [0, 1, 100, 600_000]) {
        const body = pattern(size)
        await store.put(ns, 'key', body)
        const points = new Set([0, 1, size >> 1, Math.max(0, size - 1), size, size + 10, 262_144, 524_289])
        for (const start of points) {
          for (const end of [...points, undefined]) {
            if (end !== undefined && end < start) continue
            const found = await openAll(store, 'key', end === undefined ? { start } : { start, end })
            check.sameBytes(`bytes ${start} to ${end} of ${size}`, found, body.slice(start, end ?? size))
          }
        }
        check.sameBytes('bytes up to an end', await openAll(store, 'key', { end: 3 }), body.slice(0, 3))
        const part = (await store.open(ns, 'key', { start: 0, end: 1 }))!
        check.same('size that a part tells', part.meta.size, size)
        await readAll(part.stream)
      }
    },
  },
  {
    rule: 'B33',
    title: 'delete() with ifMatch takes the blob of that etag only',
    async prove({ store, check }) {
      const { etag } = await store.put(ns, 'key', bytesOf('1'))
      check.same(
        'delete() of another etag',
        await store.delete(ns, 'key', { ifMatch: await etagOf(bytesOf('2')) }),
        false,
      )
      check.same('get() afterwards', await textAt(store, 'key'), '1')
      check.same('delete() of its etag', await store.delete(ns, 'key', { ifMatch: etag }), true)
      check.same('get() afterwards', await textAt(store, 'key'), 'absent')
    },
  },
  {
    rule: 'B33',
    title: 'delete() with ifUpdatedAt takes the blob of that time only',
    async prove({ store, check }) {
      const { updatedAt, etag } = await store.put(ns, 'key', bytesOf('1'))
      const other = { ifMatch: etag, ifUpdatedAt: new Date(updatedAt.getTime() - 1) }
      check.same('delete() of another time', await store.delete(ns, 'key', other), false)
      check.same('get() afterwards', await textAt(store, 'key'), '1')
      check.same('delete() of its time', await store.delete(ns, 'key', { ifUpdatedAt: updatedAt }), true)
      check.same('get() afterwards', await textAt(store, 'key'), 'absent')
    },
  },
  {
    rule: 'B34',
    title: 'touch() changes the times and nothing else',
    needs: 'touch',
    async prove({ store, check }) {
      const fields = { contentType: 'a/b', metadata: { a: '1' }, sourceEtag: 's' }
      const before = await store.put(ns, 'key', pattern(100_000), { ...fields, expiresAt: new Date(1000) })
      for (const expiresAt of [new Date(9e12), undefined]) {
        const touched = await store.touch!(ns, 'key', { ifMatch: before.etag, expiresAt })
        check.same('expiresAt', touched?.expiresAt?.getTime(), expiresAt?.getTime())
        check.holds('updatedAt', touched!.updatedAt >= before.updatedAt, String(touched?.updatedAt), 'not earlier')
        const times = { updatedAt: before.updatedAt, expiresAt: before.expiresAt }
        check.same('the rest', lineOf(touched && { ...touched, ...times }), lineOf(before))
        check.same('get()', lineOf((await store.get(ns, 'key'))?.meta), lineOf(touched))
        check.sameBytes('body', await proveWhole(store, check, 'key'), pattern(100_000))
      }
      const wrong = { ifMatch: await etagOf(bytesOf('2')), expiresAt: undefined }
      check.same('touch() of another etag', await store.touch!(ns, 'key', wrong), undefined)
      check.same('touch() of a missing blob', await store.touch!(ns, 'missing', wrong), undefined)
      check.sameKeys('list()', await blobKeys(store), ['key'])
    },
  },
  {
    rule: 'B34',
    title: 'sweep() takes no blob, nor what a put is writing',
    needs: 'sweep',
    async prove({ store, check }) {
      await store.put(ns, 'key', pattern(700_000))
      const source = async function* (): AsyncGenerator<Uint8Array> {
        for (let i = 0; i < 4; i++) {
          yield pattern(400_000)
          await store.sweep!(ns)
        }
      }
      await store.putStream(ns, 'swept', source())
      await store.sweep!(ns)
      for (const key of ['key', 'swept']) await proveWhole(store, check, key)
    },
  },
]
