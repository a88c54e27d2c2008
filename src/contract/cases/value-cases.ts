import { bytesOf, keysOf, pattern, textOf } from '../samples.ts'
import type { CaseDefinition } from '../store-case.ts'

/** Values: their bytes, their sizes, and whose they are. */
export const valueCases: readonly CaseDefinition[] = [
  {
    rule: 'S10',
    title: 'values come back byte for byte, of views only what they show',
    async prove({ store, check }) {
      const all = Uint8Array.from({ length: 256 }, (_, index) => index)
      const samples: readonly (readonly [string, Uint8Array])[] = [
        ['all 256 byte values', all],
        ['all 256 byte values backwards', all.slice().reverse()],
        ['only zeros', new Uint8Array(100)],
        ['only 0xff', new Uint8Array(100).fill(255)],
        ['zeros at both ends', Uint8Array.of(0, 0, 1, 0, 0)],
        ['line ends', Uint8Array.of(13, 10, 10, 13, 26, 4)],
        ['broken UTF-8', Uint8Array.of(0xc3, 0x28, 0xed, 0xa0, 0x80, 0xff, 0xfe)],
        ['a byte order mark', Uint8Array.of(0xef, 0xbb, 0xbf, 65)],
        ['a view in the middle', all.subarray(100, 150)],
        ['a view at the end', all.subarray(200)],
        ['an empty view', all.subarray(50, 50)],
        ['a view of words', new Uint8Array(new Uint16Array(all).buffer, 3, 77)],
      ]
      for (const [what, value] of samples) {
        const wanted = value.slice()
        await store.store('key', value)
        const found = await store.load('key')
        check.sameBytes(what, found, wanted)
        // Shared memory can change under the reader, and most platform calls refuse it.
        const shared = typeof SharedArrayBuffer === 'function' && found?.buffer instanceof SharedArrayBuffer
        check.same(`${what}: in shared memory`, shared, false)
        check.sameBytes(`${what}: the value that was passed, afterwards`, value, wanted)
      }
    },
  },
  {
    rule: 'S11',
    title: 'the empty value is present',
    async prove({ store, check }) {
      await store.store('empty', new Uint8Array(0))
      check.sameBytes('load() of an empty value', await store.load('empty'), new Uint8Array(0))
      check.sameKeys('list() with an empty value', await keysOf(store), ['empty'])
      await store.store('empty', bytesOf('full'))
      await store.store('empty', new Uint8Array(0))
      check.sameBytes('load() after emptying a value', await store.load('empty'), new Uint8Array(0))
      await store.remove('empty')
      check.same('load() after remove()', await store.load('empty'), undefined)
    },
  },
  {
    rule: 'S12',
    title: 'values of sizes around the powers of two come back whole',
    async prove({ store, check, maxValueBytes }) {
      for (const size of [1, 512, 4096, 8192, 32_768, 65_536, 131_072, 1_048_576].flatMap(n => [n - 1, n, n + 1])) {
        if (size > maxValueBytes) continue
        const value = pattern(size)
        await store.store('key', value)
        check.sameBytes(`value of ${size} bytes`, await store.load('key'), value)
      }
    },
  },
  {
    rule: 'S12',
    title: 'the largest value comes back whole',
    async prove({ store, check, maxValueBytes }) {
      const value = pattern(maxValueBytes)
      await store.store('large', value)
      check.sameBytes(`value of ${maxValueBytes} bytes`, await store.load('large'), value)
      await store.remove('large')
      check.same('load() after remove()', await store.load('large'), undefined)
    },
  },
  {
    rule: 'S13',
    title: 'bytes passed to store() may be reused',
    async prove({ store, check }) {
      // Both sides of the sizes at which stores change their way of writing.
      for (const size of [11, 5000, 100_000]) {
        const value = pattern(size)
        await store.store('key', value)
        value.fill(120)
        check.sameBytes(`${size} bytes after the caller changed its own`, await store.load('key'), pattern(size))
      }
    },
  },
  {
    rule: 'S13',
    title: 'bytes passed to batch() may be reused',
    needs: 'batch',
    async prove({ store, batch, check }) {
      const value = pattern(5000)
      await batch([{ type: 'store', key: 'key', value }])
      value.fill(120)
      check.sameBytes('value after the caller changed its own', await store.load('key'), pattern(5000))
    },
  },
  {
    rule: 'S14',
    title: 'loaded bytes are the caller’s',
    async prove({ store, check }) {
      await store.store('key', bytesOf('original'))
      const first = await store.load('key')
      const second = await store.load('key')
      first?.fill(120)
      check.same('a second load() of before', textOf(second), 'original')
      check.same('load() after changing loaded bytes', textOf(await store.load('key')), 'original')
      await store.store('key', bytesOf('replaced'))
      await store.remove('key')
      check.same('bytes loaded before store() and remove()', textOf(second), 'original')
    },
  },
  {
    rule: 'S14',
    title: 'bytes from loadMany() are the caller’s, one by one',
    needs: 'loadMany',
    async prove({ store, loadMany, check }) {
      await store.store('key', bytesOf('original'))
      const [first, second] = await loadMany(['key', 'key'])
      first?.fill(120)
      check.same('the same key named twice', textOf(second), 'original')
      check.same('load() after changing loaded bytes', textOf(await store.load('key')), 'original')
    },
  },
]
