import { callsWithKey, callsWithNamespace, callsWithoutName } from '../blob-calls.ts'
import type { BlobCaseDefinition } from '../blob-case.ts'
import { blobKeys, inPieces, lineOf, listed, ns, proveWhole, textAt } from '../blob-samples.ts'
import { bytesOf } from '../samples.ts'

const wrongs: readonly unknown[] = [undefined, null, 1, true, ['a'], { a: 1 }]

/** Mistakes of callers, and closing. */
export const usageCases: readonly BlobCaseDefinition[] = [
  {
    rule: 'B31',
    title: 'a namespace or key that is not a string is a TypeError on every method',
    async prove({ store, check }) {
      await store.put(ns, 'key', bytesOf('old'))
      for (const wrong of wrongs) {
        const name = wrong as string
        const calls = [
          ...callsWithKey(store, name, 'key'),
          ...callsWithKey(store, ns, name),
          ...callsWithNamespace(store, name),
        ]
        for (const [method, call] of calls) await check.rejects(`${method} of ${String(wrong)}`, call, 'TypeError')
      }
      check.sameKeys('list() afterwards', await blobKeys(store), ['key'])
      check.same('get() afterwards', await textAt(store, 'key'), 'old')
    },
  },
  {
    rule: 'B31',
    title: 'a wrong body, option or prefix is a TypeError or RangeError and changes nothing',
    async prove({ store, check }) {
      await store.put(ns, 'key', bytesOf('old'))
      for (const body of [...wrongs, 'text', new ArrayBuffer(3)]) {
        await check.rejects(`put() of ${String(body)}`, () => store.put(ns, 'key', body as Uint8Array), 'TypeError')
        const call = (): Promise<unknown> => store.putStream(ns, 'key', body as AsyncIterable<Uint8Array>)
        await check.rejects(`putStream() of ${String(body)}`, call, 'TypeError')
      }
      const options: readonly [object, 'TypeError' | 'RangeError'][] = [
        [{ contentType: 1 }, 'TypeError'],
        [{ metadata: { a: 1 } }, 'TypeError'],
        [{ metadata: 'a' }, 'TypeError'],
        [{ expiresAt: 1 }, 'TypeError'],
        [{ expiresAt: new Date(Number.NaN) }, 'RangeError'],
      ]
      for (const [wrong, error] of options) {
        const what = Object.keys(wrong).join()
        await check.rejects(`put() with a wrong ${what}`, () => store.put(ns, 'key', bytesOf('new'), wrong), error)
        const call = (): Promise<unknown> => store.putStream(ns, 'key', inPieces(bytesOf('new')), wrong)
        await check.rejects(`putStream() with a wrong ${what}`, call, error)
      }
      const ranges = [{ start: -1 }, { end: -1 }, { start: 0.5 }, { start: 2, end: 1 }, { start: Number.NaN }]
      for (const range of ranges) {
        await check.rejects(`open() of ${JSON.stringify(range)}`, () => store.open(ns, 'key', range), 'RangeError')
      }
      await check.rejects('list() of a prefix', () => listed(store, ns, { prefix: 1 as never }), 'TypeError')
      check.same('get() afterwards', await textAt(store, 'key'), 'old')
      await proveWhole(store, check, 'key')
    },
  },
  {
    rule: 'B32',
    title: 'every method of a closed store is CLOSED',
    needs: 'close',
    async prove({ store, check }) {
      await store.put(ns, 'key', bytesOf('old'))
      await store.close!()
      const calls = [...callsWithKey(store, ns, 'key'), ...callsWithNamespace(store, ns), ...callsWithoutName(store)]
      for (const [method, call] of calls) await check.rejects(`${method} after close()`, call, 'CLOSED')
    },
  },
  {
    rule: 'B32',
    title: 'close() twice, and twice at the same time, succeeds',
    needs: 'close',
    async prove({ store, check }) {
      await store.put(ns, 'key', bytesOf('old'))
      const outcomes = await Promise.all(
        [store.close!(), store.close!()].map(call => call.then(() => 'success', String)),
      )
      outcomes.push(await store.close!().then(() => 'success', String))
      check.sameKeys('three close()', outcomes, ['success', 'success', 'success'])
    },
  },
  {
    rule: 'B32',
    title: 'describe() tells the backend, and check() passes',
    needs: 'describe',
    async prove({ store, check }) {
      await store.put(ns, 'key', bytesOf('old'))
      const info = await store.describe!()
      check.holds('backend', typeof info.backend === 'string' && info.backend !== '', String(info.backend), 'a name')
      check.holds('count', [undefined, 1].includes(info.count), String(info.count), '1, or nothing')
      check.holds('bytes', info.bytes === undefined || info.bytes >= 3, String(info.bytes), 'at least 3, or nothing')
      await store.check?.()
    },
  },
  {
    rule: 'B35',
    title: 'a lone surrogate in a text is UNSUPPORTED_VALUE and changes nothing',
    async prove({ store, check }) {
      await store.put(ns, 'key', bytesOf('old'), { contentType: 'a/\u{1f600}', metadata: { '\u{1f600}': '\0\uffff' } })
      const before = lineOf(await store.head?.(ns, 'key'))
      for (const wrong of ['\ud83d', 'a\ude00', '\ud83dz', '\ude00\ud83d']) {
        for (const options of [
          { contentType: wrong },
          { sourceEtag: wrong },
          { metadata: { a: wrong } },
          { metadata: { [wrong]: 'a' } },
        ]) {
          const what = `with ${JSON.stringify(options)}`
          const put = (): Promise<unknown> => store.put(ns, 'key', bytesOf('new'), options)
          await check.rejects(`put() ${what}`, put, 'UNSUPPORTED_VALUE')
          const putStream = (): Promise<unknown> => store.putStream(ns, 'key', inPieces(bytesOf('new')), options)
          await check.rejects(`putStream() ${what}`, putStream, 'UNSUPPORTED_VALUE')
        }
      }
      check.same('get() afterwards', await textAt(store, 'key'), 'old')
      check.same('head() afterwards', lineOf(await store.head?.(ns, 'key')), before)
    },
  },
]
