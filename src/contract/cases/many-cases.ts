import type { StoreOperation } from '../../store/store.ts'
import { bytesOf, fill, hostileKeys, inOrder, keysOf, numbered, textOf } from '../samples.ts'
import type { CaseDefinition } from '../store-case.ts'

const put = (key: string, text: string): StoreOperation => ({ type: 'store', key, value: bytesOf(text) })
const drop = (key: string): StoreOperation => ({ type: 'remove', key })

/** loadMany() and batch(), for stores that offer them. */
export const manyCases: readonly CaseDefinition[] = [
  {
    rule: 'S25',
    title: 'loadMany() answers in order, with undefined for absent keys, and each duplicate',
    needs: 'loadMany',
    async prove({ store, loadMany, check }) {
      check.same('answers to no keys', (await loadMany([])).length, 0)
      await fill(store, ['a', 'b', 'c', ...hostileKeys])
      await store.store('empty', new Uint8Array(0))
      for (const keys of [
        ['c', 'a', 'b'],
        ['x'],
        ['b', 'x', 'b', 'y', 'b'],
        ['x', 'y', 'a'],
        ['a', 'x'],
        hostileKeys,
      ]) {
        const wanted = keys.map(key => (key === 'x' || key === 'y' ? 'absent' : key))
        check.sameKeys('answers', [...(await loadMany(keys))].map(textOf), wanted)
      }
      check.sameKeys('answers with an empty value', [...(await loadMany(['empty', 'x'])).map(textOf)], ['', 'absent'])
    },
  },
  {
    rule: 'S25',
    title: 'loadMany() of 1,000 keys, and of none that is there',
    needs: 'loadMany',
    async prove({ store, loadMany, check }) {
      const keys = numbered('k', 100)
      await fill(store, keys)
      const asked = Array.from({ length: 1000 }, (_, index) => `k${String((index * 7) % 200).padStart(3, '0')}`)
      const wanted = asked.map(key => (key < 'k100' ? key : 'absent'))
      check.sameKeys('answers to 1,000 keys', [...(await loadMany(asked))].map(textOf), wanted)
      const none = [...(await loadMany(numbered('none', 100)))]
      check.same('answers to 100 absent keys', none.filter(value => value === undefined).length, 100)
    },
  },
  {
    rule: 'S26',
    title: 'batch() has the effect of its operations one after another',
    needs: 'batch',
    async prove({ store, batch, check }) {
      const expect = async (what: string, wanted: Readonly<Record<string, string>>): Promise<void> => {
        check.sameKeys(`keys after ${what}`, inOrder(await keysOf(store)), inOrder(Object.keys(wanted)))
        for (const [key, text] of Object.entries(wanted)) {
          check.same(`load(${key}) after ${what}`, textOf(await store.load(key)), text)
        }
      }
      await batch([])
      await expect('an empty batch', {})
      await batch([put('a', '1'), put('b', '2'), drop('absent'), put('c', '')])
      await expect('stores', { a: '1', b: '2', c: '' })
      await batch([drop('a'), put('a', 'back'), put('b', '3'), drop('b'), put('d', '1'), put('d', '2'), drop('c')])
      await expect('several operations on one key', { a: 'back', d: '2' })
      await batch([drop('a'), drop('a'), put('e', '1'), drop('e'), put('e', '2'), drop('d')])
      await expect('removing twice', { e: '2' })
    },
  },
  {
    rule: 'S26',
    title: 'batch() of 1,000 operations',
    needs: 'batch',
    async prove({ store, batch, check }) {
      const keys = numbered('k', 500)
      await batch(keys.map(key => put(key, key)))
      check.sameKeys('keys after 500 stores', inOrder(await keysOf(store)), keys)
      const odd = keys.filter((_, index) => index % 2 === 1)
      await batch(keys.flatMap((key, index) => (index % 2 === 0 ? [drop(key)] : [drop(key), put(key, 'second')])))
      check.sameKeys('keys after 750 operations', inOrder(await keysOf(store)), odd)
      check.same('load() of one', textOf(await store.load('k499')), 'second')
    },
  },
  {
    rule: 'S27',
    title: 'batch() with one bad operation, wherever it stands, changes nothing',
    needs: 'batch',
    async prove({ store, batch, check, maxKeyBytes }) {
      await fill(store, ['kept', 'replaced'])
      const good = [put('new', 'new'), drop('kept'), put('replaced', 'other')]
      const text: unknown = 'text'
      const bad: readonly (readonly [string, 'INVALID_KEY' | 'TypeError', StoreOperation])[] = [
        ['an empty key', 'INVALID_KEY', put('', 'x')],
        ['a removed empty key', 'INVALID_KEY', drop('')],
        ['a key that is too long', 'INVALID_KEY', put('a'.repeat(maxKeyBytes + 1), 'x')],
        ['a lone surrogate', 'INVALID_KEY', drop('\ud800')],
        ['a value that is text', 'TypeError', { type: 'store', key: 'k', value: text as Uint8Array }],
        [
          'a type that is neither store nor remove',
          'TypeError',
          { type: 'put' as 'store', key: 'k', value: bytesOf('x') },
        ],
      ]
      for (const [what, code, operation] of bad) {
        for (const place of [0, 1, 2, 3]) {
          const operations = [...good.slice(0, place), operation, ...good.slice(place)]
          await check.rejects(`batch() with ${what} at place ${place}`, () => batch(operations), code)
          check.sameKeys(`keys after ${what}`, inOrder(await keysOf(store)), ['kept', 'replaced'])
          check.same(`load() after ${what}`, textOf(await store.load('replaced')), 'replaced')
        }
      }
      await batch(good)
      check.sameKeys('keys after the good batch', inOrder(await keysOf(store)), ['new', 'replaced'])
    },
  },
]
