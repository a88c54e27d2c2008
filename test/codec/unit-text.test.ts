import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { portableText, unitText } from '../../src/codec/unit-text.ts'
import { anyText } from './values.ts'

describe('unitText', () => {
  it('is native here, and the portable form does the same', () => {
    expect(unitText).not.toBe(portableText)
    const long = fc.nat(3).chain(times => anyText.map(text => text.repeat(times * 3000)))
    fc.assert(
      fc.property(fc.oneof(anyText, long), text => {
        for (const [write, read] of [
          [unitText, portableText],
          [portableText, unitText],
          [portableText, portableText],
        ] as const) {
          // In the middle of a buffer, at an odd offset: views are honoured.
          const wide = new Uint8Array(text.length * 2 + 3).subarray(1, -2)
          write.writeUtf16(wide, text)
          expect(read.readUtf16(wide)).toBe(text)
          const latin1 = text.replace(/[^\0-\xff]/g, 'ÿ')
          const narrow = new Uint8Array(text.length + 2).subarray(1, -1)
          write.writeLatin1(narrow, latin1)
          expect(read.readLatin1(narrow)).toBe(latin1)
        }
      }),
    )
  })
})
