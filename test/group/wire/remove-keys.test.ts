import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8Encode } from '../../../src/bytes/utf8.ts'
import { isCacheError } from '../../../src/errors.ts'
import { decodeRemoveKeys, encodeRemoveKeys, isUtf8 } from '../../../src/group/wire/remove-keys.ts'
import { anyText } from '../any-text.ts'

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()
const keysIn = (json: string | Uint8Array): string[] =>
  decodeRemoveKeys(typeof json === 'string' ? utf8Encode(json) : json).map(text)

describe('encodeRemoveKeys', () => {
  it("escapes as Go's encoding/json", () => {
    const keys = ['a', '<&>', 'é\u2028\u2029', 'quote"\\', '\b\f\n\r\t\0\u001f\u007f']
    expect(text(encodeRemoveKeys('g<', keys.map(utf8Encode)))).toBe(
      '{"group":"g\\u003c","keys":["a","\\u003c\\u0026\\u003e","é\\u2028\\u2029","quote\\"\\\\",' +
        '"\\b\\f\\n\\r\\t\\u0000\\u001f\u007f"]}',
    )
  })

  it('is read again as it was, for all keys of UTF-8', () => {
    fc.assert(
      fc.property(fc.array(anyText()), keys => {
        expect(keysIn(encodeRemoveKeys('g', keys.map(utf8Encode)))).toEqual(keys)
      }),
    )
  })

  it('is not for other keys', () => {
    expect([[0x61], [0xff], [0xed, 0xa0, 0x80], [0xc3, 0xa9]].map(key => isUtf8(Uint8Array.from(key)))).toEqual([
      true,
      false,
      false,
      true,
    ])
  })
})

describe('decodeRemoveKeys', () => {
  it("follows Go's rules", () => {
    expect(keysIn('{"group":"g","keys":["a","b"]}')).toEqual(['a', 'b'])
    expect(keysIn(' {"keys" : ["\\u0061", null], "other": [1, {"keys": 5}], "group": null} \n')).toEqual(['a', ''])
    for (const json of ['{}', 'null', '{"keys":null}', '{"keys":[]}', '{"__proto__":["a"]}']) {
      expect(keysIn(json), json).toEqual([])
    }
    for (const name of ['KEYS', 'Keys', 'key\u017f', '\u212aeys'])
      expect(keysIn(`{"${name}":["a"]}`), name).toEqual(['a'])
  })

  it('makes U+FFFD of what is not UTF-8, byte by byte', () => {
    const raw = Uint8Array.from([...utf8Encode('{"keys":["a'), 0xff, 0xe6, 0x97, ...utf8Encode('","\\ud83e"]}')])
    expect(keysIn(raw)).toEqual(['a\ufffd\ufffd\ufffd', '\ufffd'])
    const half = Uint8Array.from([...utf8Encode('{"keys":["\\ud83e'), 0xff, ...utf8Encode('"]}')])
    expect(keysIn(half)).toEqual(['\ufffd\ufffd'])
  })

  it('refuses what Go refuses', () => {
    const bad = ['', '{"keys":', '{"keys":"a"}', '{"keys":[1]}', '{"keys":{}}', '{"group":1}', '[]', '1', '"a"', 'true']
    for (const json of [...bad, '{} x', '{"keys":["a",]}', "{'keys':[]}", '\ufeff{}']) {
      expect(isCorrupt(utf8Encode(json)), json).toBe(true)
    }
  })

  it('ends with keys or CORRUPT for any bytes', () => {
    const parts = fc.constantFrom('{', '}', '[', ']', '"keys"', ':', ',', '"a"', 'null', '1', '\\', '"', ' ', '\xff')
    const json = fc.array(parts).map(each => Uint8Array.from(Buffer.from(each.join(''), 'latin1')))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), json), bytes => {
        expect(['decoded', true]).toContain(isCorrupt(bytes))
      }),
      { numRuns: 1000 },
    )
  })
})

function isCorrupt(bytes: Uint8Array): boolean | 'decoded' {
  try {
    decodeRemoveKeys(bytes)
    return 'decoded'
  } catch (error) {
    return isCacheError(error, 'CORRUPT')
  }
}
