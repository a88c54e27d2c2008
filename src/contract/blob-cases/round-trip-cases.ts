import type { BlobPutOptions } from '../../blob/blob-store.ts'
import type { BlobCaseDefinition } from '../blob-case.ts'
import { blobKeys, etagOf, inPieces, lineOf, listed, ns, openAll, proveWhole, textAt } from '../blob-samples.ts'
import { bytesOf, pattern } from '../samples.ts'

const emptyEtag = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const helloEtag = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824'

// Metadata keeps the order of its names, and values that look like something else.
const options: BlobPutOptions = {
  contentType: 'text/plain; charset="utf-8"',
  expiresAt: new Date('2031-02-03T04:05:06.789Z'),
  metadata: { z: '1', a: '<b>&', é: 'naïve', 'a\nb': '\u2028', empty: '', '10': 'ten', '9': 'nine' },
  sourceEtag: 'W/"abc"',
}

/** What comes back of what was put. */
export const roundTripCases: readonly BlobCaseDefinition[] = [
  {
    rule: 'B1',
    title: 'body, size, content type, metadata, expiry and source come back',
    async prove({ store, check }) {
      const startedMs = Date.now()
      const meta = await store.put(ns, 'dir/key.bin', bytesOf('hello'), options)
      check.same('size', meta.size, 5)
      check.same('contentType', meta.contentType, options.contentType)
      check.same('expiresAt', meta.expiresAt?.getTime(), options.expiresAt?.getTime())
      check.same('sourceEtag', meta.sourceEtag, options.sourceEtag)
      const { metadata = {} } = options
      check.sameKeys('names of metadata', Object.keys(meta.metadata).sort(), Object.keys(metadata).sort())
      for (const [name, value] of Object.entries(metadata)) check.same(`metadata ${name}`, meta.metadata[name], value)
      check.holds('updatedAt', meta.updatedAt instanceof Date, typeof meta.updatedAt, 'a Date')
      check.holds(
        'updatedAt',
        Math.abs(meta.updatedAt.getTime() - startedMs) < 3.2e12,
        String(meta.updatedAt),
        'a time',
      )
      check.same('meta of put() and get()', lineOf((await store.get(ns, 'dir/key.bin'))?.meta), lineOf(meta))
      check.sameBytes('body', await proveWhole(store, check, 'dir/key.bin'), bytesOf('hello'))
    },
  },
  {
    rule: 'B1',
    title: 'what was not given is empty or undefined',
    async prove({ store, check }) {
      const meta = await store.putStream(ns, 'key', inPieces(bytesOf('hello'), 2))
      check.same('contentType', meta.contentType, '')
      check.same('expiresAt', meta.expiresAt, undefined)
      check.same('sourceEtag', meta.sourceEtag, undefined)
      check.same('names of metadata', Object.keys(meta.metadata).length, 0)
      check.same('meta of putStream() and get()', lineOf((await store.get(ns, 'key'))?.meta), lineOf(meta))
      await proveWhole(store, check, 'key')
    },
  },
  {
    rule: 'B1',
    title: 'metadata may be named like what every object has',
    async prove({ store, check }) {
      const metadata = JSON.parse('{"__proto__":"a","constructor":"b","toString":"c"}')
      const meta = await store.put(ns, 'key', bytesOf('1'), { metadata })
      for (const found of [meta, (await store.get(ns, 'key'))?.meta]) {
        const own = Object.entries(found?.metadata ?? {}).map(pair => pair.join('='))
        check.sameKeys('metadata', own.sort(), ['__proto__=a', 'constructor=b', 'toString=c'])
      }
    },
  },
  {
    rule: 'B2',
    title: 'the etag is the SHA-256, for put() and putStream()',
    async prove({ store, check }) {
      check.same('etag of "hello"', (await store.put(ns, 'a', bytesOf('hello'))).etag, helloEtag)
      check.same('etag in pieces', (await store.putStream(ns, 'b', inPieces(bytesOf('hello'), 1))).etag, helloEtag)
      for (const size of [55, 56, 63, 64, 65, 65_535, 65_536, 65_537, 300_000]) {
        const body = pattern(size)
        const wanted = await etagOf(body)
        check.same(`etag of ${size} bytes by put()`, (await store.put(ns, 'c', body)).etag, wanted)
        const { etag } = await store.putStream(ns, 'd', inPieces(body, 7, 4096))
        check.same(`etag of ${size} bytes by putStream()`, etag, wanted)
      }
    },
  },
  {
    rule: 'B2',
    title: 'the empty body is a body',
    async prove({ store, check }) {
      const metas = [
        await store.put(ns, 'put', new Uint8Array(0)),
        await store.putStream(ns, 'none', inPieces(new Uint8Array(0))),
        await store.putStream(ns, 'some', emptyChunks()),
      ]
      for (const { size, etag } of metas) {
        check.same('size', size, 0)
        check.same('etag', etag, emptyEtag)
      }
      for (const key of ['put', 'none', 'some']) {
        check.sameBytes(`body of ${key}`, await proveWhole(store, check, key), new Uint8Array(0))
      }
      check.sameKeys('list()', await blobKeys(store), ['none', 'put', 'some'])
    },
  },
  {
    rule: 'B3',
    title: 'missing blobs and namespaces are no error',
    async prove({ store, check }) {
      for (const round of ['of an empty store', 'beside another blob']) {
        check.same(`get() ${round}`, await store.get(ns, 'missing'), undefined)
        check.same(`open() ${round}`, await store.open(ns, 'missing'), undefined)
        check.same(`open() of a part ${round}`, await store.open(ns, 'missing', { start: 1, end: 2 }), undefined)
        if (store.head !== undefined) check.same(`head() ${round}`, await store.head(ns, 'missing'), undefined)
        check.same(`delete() ${round}`, await store.delete(ns, 'missing'), false)
        check.same(`delete() with ifMatch ${round}`, await store.delete(ns, 'missing', { ifMatch: emptyEtag }), false)
        check.same(`deleteNamespace() ${round}`, await store.deleteNamespace('missing'), 0)
        check.sameKeys(`list() ${round}`, await blobKeys(store, 'missing'), [])
        await store.put(ns, 'there', bytesOf('1'))
      }
      check.same('the other blob', await textAt(store, 'there'), '1')
    },
  },
  {
    rule: 'B11',
    title: 'an expired blob is given like any other',
    async prove({ store, check }) {
      const times = [new Date(0), new Date(1000), new Date('2001-02-03T04:05:06.007Z')]
      for (const [i, expiresAt] of times.entries()) {
        await store.put(ns, `key${i}`, bytesOf('old'), { expiresAt })
        check.same('get()', await textAt(store, `key${i}`), 'old')
        check.sameBytes('open()', await openAll(store, `key${i}`), bytesOf('old'))
        const entry = (await listed(store)).find(({ key }) => key === `key${i}`)
        check.same('expiresAt of list()', entry?.meta.expiresAt?.getTime(), expiresAt.getTime())
      }
    },
  },
]

async function* emptyChunks(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(0)
  yield new Uint8Array(0)
}
