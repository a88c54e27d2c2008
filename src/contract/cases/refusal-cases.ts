import { bystander, callsWith, listCall } from '../calls.ts'
import { bytesOf, fill, keysOf, longKey, numbered, textOf } from '../samples.ts'
import type { CaseDefinition, CaseTools } from '../store-case.ts'

const high = '\ud83d'
const low = '\ude00'

/** Calls that a store must refuse: bad keys, bad types, aborted signals. */
export const refusalCases: readonly CaseDefinition[] = [
  {
    rule: 'S17',
    title: 'the empty key is INVALID_KEY on every method',
    async prove(tools) {
      await proveInvalid(tools, [''])
    },
  },
  {
    rule: 'S17',
    title: 'a key above the limit is INVALID_KEY on every method',
    async prove(tools) {
      const size = tools.maxKeyBytes + 1
      // Counted in bytes: the last three are below the limit in UTF-16 units.
      const keys = ['a', '/', '\u00e9', '\uff5e', '\u{1f600}'].map(char => longKey(char, size))
      await proveInvalid(tools, [...keys, 'a'.repeat(100_000)])
    },
  },
  {
    rule: 'S18',
    title: 'a lone surrogate is INVALID_KEY on every method',
    async prove(tools) {
      const keys = [high, low, `a${high}`, `${low}a`, `a${low}${high}b`, `${high}${high}${low}`]
      await proveInvalid(tools, keys)
      const { store, check } = tools
      await fill(store, [`a${high}${low}`, '\ufffd', 'a\ufffd'])
      for (const key of keys) {
        const [method, call] = listCall(store, key)
        await check.rejects(`${method} with a lone surrogate`, call, 'INVALID_KEY')
      }
    },
  },
  {
    rule: 'S19',
    title: 'a key or prefix that is not a string is a TypeError on every method',
    async prove(tools) {
      const { store, check } = tools
      await fill(store, [bystander])
      const wrongs: readonly unknown[] = [undefined, null, 1, true, ['key'], { key: 'key' }, bytesOf('key')]
      for (const wrong of wrongs) {
        for (const [method, call] of [...callsWith(store, wrong as string), listCall(store, wrong as string)]) {
          await check.rejects(`${method} with the key ${String(wrong)}`, call, 'TypeError')
        }
      }
      await proveUntouched(tools)
    },
  },
  {
    rule: 'S19',
    title: 'a value that is not a Uint8Array is a TypeError',
    async prove(tools) {
      const { store, check } = tools
      await fill(store, [bystander])
      const buffer = new ArrayBuffer(4)
      const wrongs: readonly unknown[] = [
        undefined,
        null,
        1,
        'text',
        [1, 2],
        buffer,
        new DataView(buffer),
        new Uint16Array(2),
        { length: 2 },
      ]
      for (const wrong of wrongs) {
        const value = wrong as Uint8Array
        const what = `with the value ${Object.prototype.toString.call(wrong)}`
        await check.rejects(`store() ${what}`, () => store.store(bystander, value), 'TypeError')
        if (store.batch === undefined) continue
        const operations = [
          { type: 'store', key: 'before', value: bytesOf('new') },
          { type: 'store', key: bystander, value },
        ] as const
        await check.rejects(`batch() ${what}`, () => store.batch?.(operations) ?? Promise.resolve(), 'TypeError')
      }
      await proveUntouched(tools)
    },
  },
  {
    rule: 'S22',
    title: 'a signal that is already aborted: ABORTED on every method, and nothing changed',
    async prove(tools) {
      const { store, check } = tools
      await fill(store, [bystander])
      const reason = new Error('enough')
      const options = { signal: AbortSignal.abort(reason) }
      for (const key of ['absent', bystander]) {
        for (const [method, call] of [...callsWith(store, key, options), listCall(store, '', options)]) {
          const error = await check.rejects(`${method} with an aborted signal`, call, 'ABORTED')
          check.same(`cause of the ABORTED of ${method}`, error.cause, reason)
        }
      }
      await proveUntouched(tools)
    },
  },
  {
    rule: 'S22',
    title: 'a signal that is aborted during a listing ends it with ABORTED',
    async prove({ store, check }) {
      await fill(store, numbered('k', 20))
      const controller = new AbortController()
      const listing = async (): Promise<void> => {
        for await (const key of store.list('', { signal: controller.signal })) {
          if (key === 'k000') controller.abort(new Error('enough'))
        }
      }
      await check.rejects('list() aborted after its first key', listing, 'ABORTED')
      check.same('keys of a listing afterwards', (await keysOf(store)).length, 20)
    },
  },
  {
    rule: 'S22',
    title: 'a signal that is aborted during store(): the old or the new value, whole',
    async prove({ store, check }) {
      for (let round = 0; round < 10; round++) {
        const key = `key ${round}`
        await store.store(key, bytesOf('old'))
        const controller = new AbortController()
        const writing = store.store(key, bytesOf('new value'), { signal: controller.signal })
        controller.abort(new Error('enough'))
        const done = await writing.then(
          () => true,
          error => check.rejects('store()', () => Promise.reject(error), 'ABORTED'),
        )
        const found = textOf(await store.load(key))
        const allowed = done === true ? ['new value'] : ['old', 'new value']
        check.holds('load() after the abort', allowed.includes(found), found, allowed.join(' or '))
      }
    },
  },
  {
    rule: 'S22',
    title: 'a signal that is aborted after the call, or never, has no effect',
    async prove({ store, check }) {
      const controller = new AbortController()
      const { signal } = controller
      await store.store('key', bytesOf('value'), { signal })
      check.same('load() with a quiet signal', textOf(await store.load('key', { signal })), 'value')
      check.sameKeys('list() with a quiet signal', await keysOf(store, '', { signal }), ['key'])
      controller.abort()
      check.same('load() after the abort', textOf(await store.load('key', { signal: undefined })), 'value')
    },
  },
]

async function proveInvalid(tools: CaseTools, keys: readonly string[]): Promise<void> {
  const { store, check } = tools
  await fill(store, [bystander])
  for (const key of keys) {
    for (const [method, call] of callsWith(store, key)) {
      await check.rejects(`${method} with a key of ${key.length} units`, call, 'INVALID_KEY')
    }
  }
  await proveUntouched(tools)
}

async function proveUntouched({ store, check }: CaseTools): Promise<void> {
  check.sameKeys('list() after refused calls', await keysOf(store), [bystander])
  check.same('load() after refused calls', textOf(await store.load(bystander)), bystander)
}
