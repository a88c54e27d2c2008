import { bytesOf, fill, inOrder, keysOf, numbered, textOf } from '../samples.ts'
import type { CaseDefinition } from '../store-case.ts'

/** load, store and remove, one at a time. */
export const verbCases: readonly CaseDefinition[] = [
  {
    rule: 'S1',
    title: 'load() of an absent key is undefined',
    async prove({ store, check }) {
      check.same('load() in an empty store', await store.load('absent'), undefined)
      await store.store('present', bytesOf('here'))
      for (const key of ['absent', 'p', 'present ', 'present/', 'presentpresent']) {
        check.same(`load(${key}) beside the key "present"`, await store.load(key), undefined)
      }
    },
  },
  {
    rule: 'S2',
    title: 'a stored value is there for every later call',
    async prove({ store, check }) {
      for (const key of numbered('k', 20)) {
        await store.store(key, bytesOf(`value of ${key}`))
        check.same(`load(${key}) after store()`, textOf(await store.load(key)), `value of ${key}`)
        check.sameKeys(`list(${key}) after store()`, await keysOf(store, key), [key])
      }
      for (const key of numbered('k', 20)) {
        check.same(`load(${key}) after other keys`, textOf(await store.load(key)), `value of ${key}`)
      }
    },
  },
  {
    rule: 'S3',
    title: 'store() replaces the whole value',
    async prove({ store, check }) {
      await store.store('other', bytesOf('untouched'))
      for (const text of ['first value', 'second, longer value', 'short', '', 'again', 'again']) {
        await store.store('key', bytesOf(text))
        check.same('load() after replacing', textOf(await store.load('key')), text)
      }
      check.sameKeys('list() after replacing', await keysOf(store), ['key', 'other'])
      check.same('load() of another key', textOf(await store.load('other')), 'untouched')
    },
  },
  {
    rule: 'S4',
    title: 'remove() makes a key absent and leaves the others',
    async prove({ store, check }) {
      const keys = ['a', 'a/b', 'a/b/c', 'ab', 'b']
      await fill(store, keys)
      const left = new Set(keys)
      for (const key of ['a/b', 'a', 'b', 'ab', 'a/b/c']) {
        await store.remove(key)
        left.delete(key)
        check.same(`load(${key}) after remove()`, await store.load(key), undefined)
        check.sameKeys(`list() after remove(${key})`, inOrder(await keysOf(store)), inOrder(left))
        for (const other of left) check.same(`load(${other})`, textOf(await store.load(other)), other)
      }
      await store.store('a', bytesOf('back'))
      check.same('load() of a key that was removed and stored again', textOf(await store.load('a')), 'back')
    },
  },
  {
    rule: 'S5',
    title: 'remove() of an absent key succeeds',
    async prove({ store, check }) {
      const removed = await succeeds(store.remove('absent'))
      check.same('remove() in an empty store', removed, 'success')
      await fill(store, ['a/b'])
      for (const key of ['a', 'a/', 'a/b/c', 'b']) {
        check.same(`remove(${key}) beside the key "a/b"`, await succeeds(store.remove(key)), 'success')
      }
      await store.remove('a/b')
      check.same('remove() for the second time', await succeeds(store.remove('a/b')), 'success')
    },
  },
]

async function succeeds(call: Promise<void>): Promise<string> {
  return await call.then(() => 'success', String)
}
