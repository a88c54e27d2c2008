import { bytesOf, fill, hostileKeys, inOrder, keysOf, longKey, textOf } from '../samples.ts'
import type { CaseDefinition, CaseTools } from '../store-case.ts'

/** Keys that a store must take, and tell apart. */
export const keyCases: readonly CaseDefinition[] = [
  {
    rule: 'S15',
    title: 'keys that differ in case only are different keys',
    async prove(tools) {
      await proveDistinct(tools, [
        'key',
        'Key',
        'KEY',
        'i',
        'I',
        '\u0130',
        '\u0131',
        '\u00df',
        'ss',
        'SS',
        '\u03c3',
        '\u03c2',
      ])
    },
  },
  {
    rule: 'S15',
    title: 'keys that differ in normalisation only are different keys',
    async prove(tools) {
      const composed = ['\u00e9', '\u00f1', '\ud55c', '\u1e9b\u0323']
      const compatible = ['K', '\u212a', '\u00c5', '\u212b', 'fi', '\ufb01', '1', '\uff11', '\u00bd', '1\u20442']
      await proveDistinct(tools, [...composed, ...composed.map(key => key.normalize('NFD')), ...compatible])
    },
  },
  {
    rule: 'S16',
    title: `${hostileKeys.length} hostile keys are plain keys`,
    async prove(tools) {
      await proveDistinct(tools, hostileKeys)
    },
  },
  {
    rule: 'S17',
    title: 'keys of 1 byte up to the limit are taken, and differ up to the last byte',
    async prove(tools) {
      const { maxKeyBytes } = tools
      // Hex and base64 of keys cross the name limits of file systems (255) somewhere between these lengths.
      const lengths = [1, 2, 63, 64, 100, 119, 120, 127, 128, 191, 192, 240, 254, 255, 256, 400, 512, 768, 1000, 1023]
      const keys = new Set(lengths.filter(length => length < maxKeyBytes).map(length => 'a'.repeat(length)))
      for (const char of ['a', '/', '.', '\0', '\u00e9', '\uff5e', '\u{1f600}']) keys.add(longKey(char, maxKeyBytes))
      keys.add(`${'a'.repeat(maxKeyBytes - 1)}b`)
      keys.add(`b${'a'.repeat(maxKeyBytes - 1)}`)
      await proveDistinct(tools, [...keys])
    },
  },
]

async function proveDistinct({ store, check }: CaseTools, keys: readonly string[]): Promise<void> {
  await fill(store, keys)
  check.sameKeys('list() of all', inOrder(await keysOf(store)), inOrder(keys))
  for (const key of keys) check.sameBytes(`load(${JSON.stringify(key)})`, await store.load(key), bytesOf(key))
  const gone = keys.filter((_, index) => index % 2 === 0)
  for (const key of gone) await store.remove(key)
  for (const [index, key] of keys.entries()) {
    const wanted = index % 2 === 0 ? 'absent' : key
    check.same(`load(${JSON.stringify(key)}) after removing others`, textOf(await store.load(key)), wanted)
  }
  check.sameKeys(
    'list() of those left',
    inOrder(await keysOf(store)),
    inOrder(keys.filter((_, index) => index % 2 === 1)),
  )
}
