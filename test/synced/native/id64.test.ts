import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8Encode } from '../../../src/bytes/utf8.ts'
import { argumentOf, asciiOfId, bytesOfId, newId, noId, textOfId } from '../../../src/synced/native/id64.ts'
import { Partition, senderOf } from '../../../src/synced/native/partition.ts'

const bytesSent = (argument: string | Uint8Array): Uint8Array =>
  typeof argument === 'string' ? utf8Encode(argument) : argument

describe('ids', () => {
  it('are new, never none, and as text the same bytes', () => {
    const numbers = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    fc.assert(
      fc.property(numbers, numbers, (first, second) => {
        const randoms = [first, second]
        const id = newId(() => randoms.shift()!)
        expect(id).not.toEqual(noId)
        expect(utf8Encode(asciiOfId(id))).toEqual(bytesOfId(id))
      }),
    )
    const ids = new Set(Array.from({ length: 1000 }, () => textOfId(newId(Math.random))))
    expect(ids.size).toBe(1000)
  })

  it('are sent as the bytes that they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 10 }), bytes => {
        expect(bytesSent(argumentOf(bytes))).toEqual(bytes)
      }),
    )
    expect(typeof argumentOf(Uint8Array.of(0, 1, 0x7f))).toBe('string')
    expect(typeof argumentOf(Uint8Array.of(0, 1, 0x80))).toBe('object')
  })

  it('of senders are the digits that were given, or text that is sent in one piece', () => {
    for (const digits of ['0123456789abcdef', 'fedcba9876543210']) expect(textOfId(senderOf(digits))).toBe(digits)
    for (const name of ['pod-a', 'pod-b', 'ü'])
      expect(typeof new Partition('p:', 3, senderOf(name)).from).toBe('string')
    expect(textOfId(senderOf('pod-a'))).not.toBe(textOfId(senderOf('pod-b')))
    const { from } = new Partition('p:', 0x1234, senderOf('fedcba9876543210'))
    expect(from).toEqual(Uint8Array.of(0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10, 0x12, 0x34))
  })
})
