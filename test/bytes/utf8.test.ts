import fc from 'fast-check'
import { expect, it } from 'vitest'
import { utf8Encode } from '../../src/bytes/utf8.ts'

const encoder = new TextEncoder()
const unit = fc.oneof(fc.constantFrom('a', '\x00', '\x7f', '\x80', 'é', '€', '\ud83d', '\ude00'), fc.string())

it('encodes every text as TextEncoder does, short or long, with lone surrogates or not', () => {
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 80 }), text => {
      expect(utf8Encode(text)).toEqual(encoder.encode(text))
    }),
  )
  for (const length of [0, 1, 31, 32, 33, 63, 64, 65]) {
    expect(utf8Encode('x'.repeat(length))).toEqual(encoder.encode('x'.repeat(length)))
  }
})
