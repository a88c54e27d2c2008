import { callsWithKey, callsWithNamespace } from '../blob-calls.ts'
import type { BlobCaseDefinition, BlobTools } from '../blob-case.ts'
import { blobKeys, ns, openAll, textAt } from '../blob-samples.ts'
import { bystander } from '../calls.ts'
import { bytesOf, inOrder, longKey } from '../samples.ts'

/** Names that every store refuses. */
const wrongNames: readonly string[] = [
  '',
  ...['..', '../x', 'x/..', 'a/../b', 'a/../../x', '../foo/../escape', 'subdir/../../escape', 'a//../b', './..'],
  ...['..\\x', 'a\\..', 'a\\..\\b', 'a/..\\b', '..\\..\\x'],
  ...['/', '/abs', '//a', '\\', '\\abs', '\\\\server\\share', 'C:\\x', 'c:\\'],
  ...['\0', 'a\0', 'a\0b', '\ud83d', 'a\ude00'],
  ...[longKey('a', 1025), longKey('é', 1025), longKey('\u{1f600}', 1025)],
]

/** Keys that a path-minded store confuses with each other, or takes for its own. */
const oddKeys: readonly string[] = [
  ...['k', 'k.meta.json', 'k.meta.json.meta.json', '.meta.json', 'k.tmp', '.k', 'k.', 'k ', ' k', 'k/'],
  ...['a', 'a/b', 'a/b/c', 'a//b', 'a\\b', './k', 'k/.', '.', '...', '..a', 'a..', '....//x', 'C:/x', 'C:'],
  ...['K', 'KEY', 'key', 'Key', 'é', 'e\u0301', 'ß', 'ss', 'İ', 'ı'],
  ...['CON', 'NUL.txt', 'COM1', '*', '?', '<', '>', '|', '"', ':', '%', '%2F', '%00', '~', '\n', '\u0001', '\u202e'],
  ...['__proto__', 'constructor', 'undefined', '0', '01', '{}', '\ufeff', '\u{1f600}', '\uffff'],
  ...[longKey('a', 1000), longKey('a', 1024), `${longKey('a', 1023)}b`, longKey('/', 1024).replace('/', 'x')],
  ...[longKey('é', 1024), longKey('\u{1f600}', 1024), `${'a'.repeat(250)}/b`, 'a'.repeat(245), 'a'.repeat(246)],
]

/** Namespaces that a path-minded store lays into each other. */
const nested: readonly string[] = [
  'cost',
  'cost/pricing',
  'cost/pricing/x',
  'cost-',
  'Cost',
  'cost/',
  '.',
  'cost.meta.json',
]

/** Namespaces and keys. */
export const nameCases: readonly BlobCaseDefinition[] = [
  {
    rule: 'B8',
    title: 'a wrong key is INVALID_KEY on every method',
    async prove(tools) {
      const { store, check } = tools
      await store.put(ns, bystander, bytesOf(bystander))
      for (const key of wrongNames) {
        for (const [method, call] of callsWithKey(store, ns, key)) {
          await check.rejects(`${method} of the key ${JSON.stringify(key).slice(0, 40)}`, call, 'INVALID_KEY')
        }
      }
      check.sameKeys('list() afterwards', await blobKeys(store), [bystander])
    },
  },
  {
    rule: 'B8',
    title: 'a wrong namespace is INVALID_KEY on every method',
    async prove(tools) {
      const { store, check } = tools
      await store.put(ns, bystander, bytesOf(bystander))
      for (const name of wrongNames) {
        for (const [method, call] of [...callsWithKey(store, name, 'key'), ...callsWithNamespace(store, name)]) {
          await check.rejects(`${method} of the namespace ${JSON.stringify(name).slice(0, 40)}`, call, 'INVALID_KEY')
        }
      }
      check.same('get() afterwards', await textAt(store, bystander), bystander)
    },
  },
  {
    rule: 'B23',
    title: `${oddKeys.length} odd keys are keys of their own`,
    prove: tools => proveDistinct(tools, oddKeys),
  },
  {
    rule: 'B24',
    title: 'namespaces that look nested are apart',
    async prove({ store, check }) {
      for (const namespace of nested) {
        for (const key of ['x', 'pricing/x', 'pricing']) await store.put(namespace, key, bytesOf(`${namespace} ${key}`))
      }
      for (const namespace of nested) {
        check.sameKeys(`list() of ${namespace}`, await blobKeys(store, namespace), ['pricing', 'pricing/x', 'x'])
        check.same(`get() in ${namespace}`, await textAt(store, 'pricing/x', namespace), `${namespace} pricing/x`)
      }
      for (const [i, namespace] of nested.entries()) {
        check.same(`deleteNamespace() of ${namespace}`, await store.deleteNamespace(namespace), 3)
        for (const [j, other] of nested.entries()) {
          const wanted = j <= i ? [] : ['pricing', 'pricing/x', 'x']
          check.sameKeys(`list() of ${other} then`, await blobKeys(store, other), wanted)
        }
      }
    },
  },
  {
    rule: 'B24',
    title: 'namespace and key do not run into each other, however long they are',
    async prove({ store, check }) {
      const long = longKey('n', 1024)
      const pairs = [
        ['a', 'b/c'],
        ['a/b', 'c'],
        [long, longKey('k', 1024)],
        [long, 'k'],
        [longKey('\u{1f600}', 1024), longKey('é', 1024)],
        ['n', longKey('k', 1024)],
      ] as const
      for (const [i, [namespace, key]] of pairs.entries()) await store.put(namespace, key, bytesOf(`blob ${i}`))
      for (const [i, [namespace, key]] of pairs.entries()) {
        check.same(`get() of pair ${i}`, await textAt(store, key, namespace), `blob ${i}`)
      }
      check.sameKeys('list() of a', await blobKeys(store, 'a'), ['b/c'])
      check.sameKeys('list() of a long one', await blobKeys(store, long), ['k', longKey('k', 1024)])
    },
  },
]

async function proveDistinct({ store, check }: BlobTools, keys: readonly string[]): Promise<void> {
  for (const key of keys) await store.put(ns, key, bytesOf(key))
  check.sameKeys('list() of all', await blobKeys(store), inOrder(keys))
  for (const key of keys) {
    check.same(`get(${JSON.stringify(key.slice(0, 40))})`, await textAt(store, key), key)
    check.sameBytes(`open(${JSON.stringify(key.slice(0, 40))})`, await openAll(store, key), bytesOf(key))
  }
  const gone = keys.filter((_, index) => index % 2 === 0)
  const left = keys.filter((_, index) => index % 2 === 1)
  for (const key of gone) check.same(`delete(${JSON.stringify(key.slice(0, 40))})`, await store.delete(ns, key), true)
  check.sameKeys('list() of those left', await blobKeys(store), inOrder(left))
  for (const key of left) check.same(`get(${JSON.stringify(key.slice(0, 40))})`, await textAt(store, key), key)
}
