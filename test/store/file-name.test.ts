import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  isLongName,
  isPlainName,
  isTempName,
  keyFromHex,
  keyToHex,
  longHeader,
  tempName,
} from '../../src/bytes/file-name.ts'
import { keyFile } from '../../src/store/key-file.ts'
import { prefixEnd } from '../../src/store/prefix-end.ts'

const key = fc.string({ unit: 'binary', minLength: 1, maxLength: 200 })

describe('file names', () => {
  it.each([
    ['self', '73656c66'],
    ['msic', '6d736963'],
    ['peer-nBoJ1oMWCN11CNTRL', '706565722d6e426f4a316f4d57434e3131434e54524c'],
    ['\0', '00'],
    ['é/\u{1f600}', 'c3a92ff09f9880'],
    ['..', '2e2e'],
  ])('the key %j has the name that Go gives it', (name, hex) => {
    expect(keyFile(name)).toEqual({ name: hex, header: new Uint8Array(0) })
    expect(keyFromHex(hex)).toBe(name)
  })

  it('a key of 100 bytes has a plain name, one of 101 bytes a digest and a header', () => {
    expect(keyFile('k'.repeat(100))).toEqual({ name: '6b'.repeat(100), header: new Uint8Array(0) })
    const long = 'k'.repeat(101)
    const digest = createHash('sha256').update(long).digest('hex')
    expect(keyFile(long)).toEqual({ name: `ff6b${'6b'.repeat(32)}${digest}`, header: longHeader(long) })
    expect([...longHeader(long).subarray(0, 3)]).toEqual([0, 101, 0x6b])
  })

  it('every key survives its hex, and no two kinds of name meet', () => {
    fc.assert(
      fc.property(key, text => {
        const hex = keyToHex(text)
        expect(keyFromHex(hex)).toBe(text)
        const { name } = keyFile(text)
        expect(name.length).toBeLessThanOrEqual(200)
        expect(isLongName(name)).toBe(!isPlainName(hex))
        expect(isTempName(name)).toBe(false)
      }),
    )
  })

  it.each(['', 'zz', '6', '6K', '4A', 'ff', 'c3', 'c0af', 'eda080', ' 6b', '6b\n', '.DS_Store'])(
    '%j is no key',
    name => {
      expect(keyFromHex(name)).toBeUndefined()
    },
  )

  it('a temporary name is hex that is no key', () => {
    const name = tempName(0x1234, 0xabcdefn, 7)
    expect(name).toBe('ff74000012340000000000abcdef00000007')
    expect(isTempName(name)).toBe(true)
    expect(keyFromHex(name)).toBeUndefined()
  })
})

describe('prefixEnd', () => {
  it.each([
    ['a', 'b'],
    ['a\ud7ff', 'a\ue000'],
    ['a\u{10ffff}', 'b'],
    ['\u{10ffff}', undefined],
    ['', undefined],
    ['\uffff', '\u{10000}'],
  ])('of %j is %j', (prefix, end) => expect(prefixEnd(prefix)).toBe(end))

  it('parts what starts with the prefix from what does not', () => {
    fc.assert(
      fc.property(key, key, (prefix, text) => {
        const end = prefixEnd(prefix)
        const inside = compare(text, prefix) >= 0 && (end === undefined || compare(text, end) < 0)
        expect(inside).toBe(text.startsWith(prefix))
        const longer = prefix + text
        expect(end === undefined || compare(longer, end) < 0).toBe(true)
      }),
    )
  })
})

const compare = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
