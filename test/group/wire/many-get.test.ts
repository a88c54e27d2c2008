import fc from 'fast-check'
import { expect, it } from 'vitest'
import { toHex } from '../../../src/bytes/hex.ts'
import { utf8Encode } from '../../../src/bytes/utf8.ts'
import { isCacheError } from '../../../src/errors.ts'
import { entryFromWire } from '../../../src/group/entry.ts'
import type { PeerAnswer } from '../../../src/group/peer-service.ts'
import {
  decodeManyRequest,
  decodeManyResponse,
  encodeManyRequest,
  encodeManyResponse,
  maxManyKeys,
} from '../../../src/group/wire/many-get.ts'
import { anyText } from '../any-text.ts'
import { messageBytes } from './arbitrary-message.ts'

const message = anyText({ maxLength: 20 }).filter(text => !text.startsWith('\ufeff'))
const answer: fc.Arbitrary<PeerAnswer> = fc.oneof(
  fc
    .tuple(fc.uint8Array({ maxLength: 50 }), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))
    .map(([value, expireNs]) => ({ kind: 'value' as const, entry: entryFromWire(value, expireNs) })),
  message.map(text => ({ kind: 'notFound' as const, message: text })),
  message.map(text => ({ kind: 'loadFailed' as const, message: text })),
)

it('keys and answers come back as they were', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array()), fc.array(answer), (keys, answers) => {
      expect(decodeManyRequest(encodeManyRequest(keys))).toEqual(keys)
      expect(decodeManyResponse(encodeManyResponse(answers), answers.length)).toEqual(answers)
    }),
  )
})

it('an answer has the bytes of a GetResponse, of a status and of a text', () => {
  const answers: PeerAnswer[] = [
    { kind: 'value', entry: entryFromWire(utf8Encode('val:alice'), 0n) },
    { kind: 'notFound', message: 'no' },
    { kind: 'loadFailed', message: '' },
  ]
  expect(toHex(encodeManyResponse(answers))).toBe(
    ['0a0d0a0976616c3a616c6963651800', '0a072094032a026e6f', '0a0520f7032a00'].join(''),
  )
})

it('values past the limit are left out, to be asked for alone', () => {
  const value = (size: number): PeerAnswer => ({ kind: 'value', entry: entryFromWire(new Uint8Array(size), 0n) })
  const answers = [value(600), value(600), value(10)]
  const decoded = decodeManyResponse(encodeManyResponse(answers, 1000), 3)
  expect(decoded).toEqual([answers[0], undefined, answers[2]])
})

it('another number of answers, an unknown status and too many keys are CORRUPT', () => {
  const bytes = encodeManyResponse([{ kind: 'notFound', message: '' }])
  const unknown = Uint8Array.of(0x0a, 0x02, 0x20, 0x01)
  const tooMany = encodeManyRequest(Array.from({ length: maxManyKeys + 1 }, () => new Uint8Array()))
  for (const decode of [
    () => decodeManyResponse(bytes, 0),
    () => decodeManyResponse(bytes, 2),
    () => decodeManyResponse(unknown, 1),
    () => decodeManyRequest(tooMany),
  ]) {
    expect(isCorrupt(decode)).toBe(true)
  }
  expect(decodeManyRequest(tooMany.subarray(2)).length).toBe(maxManyKeys)
})

it('values do not keep the whole answer alive', () => {
  const value: PeerAnswer = { kind: 'value', entry: entryFromWire(new Uint8Array(100), 0n) }
  for (const decoded of decodeManyResponse(encodeManyResponse([value, value]), 2)) {
    expect(decoded?.kind === 'value' && decoded.entry.value.buffer.byteLength).toBe(100)
  }
})

it('any bytes are decoded or CORRUPT', () => {
  const nested = fc.array(messageBytes, { maxLength: 4 }).map(encodeManyRequest)
  fc.assert(
    fc.property(fc.oneof(messageBytes, nested), fc.nat(4), (bytes, count) => {
      for (const decode of [() => decodeManyRequest(bytes), () => decodeManyResponse(bytes, count)]) {
        expect(['decoded', true]).toContain(isCorrupt(decode))
      }
    }),
    { numRuns: 1000 },
  )
})

function isCorrupt(decode: () => unknown): boolean | 'decoded' {
  try {
    decode()
    return 'decoded'
  } catch (error) {
    return isCacheError(error, 'CORRUPT')
  }
}
