import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Entry, entryFromWire } from '../../../src/group/entry.ts'
import * as frames from '../../../src/group/link/link-frame.ts'
import { bytes } from '../../store/scratch.ts'

const entry = (value: string | Uint8Array): Entry => entryFromWire(typeof value === 'string' ? bytes(value) : value, 0n)

describe('frames', () => {
  const wholeFrames = fc.array(fc.uint8Array({ maxLength: 30 }), { minLength: 1, maxLength: 8 })

  it('come out of a stream however it is cut', () => {
    fc.assert(
      fc.property(wholeFrames, fc.array(fc.nat(40)), (values, cuts) => {
        const sent = values.map((value, i) => frames.encodeSetCall(i, { group: 'g', key: value, entry: entry(value) }))
        const stream = Buffer.concat(sent)
        const cutter = new frames.FrameCutter(1_000)
        const received: Uint8Array[] = []
        let at = 0
        for (const cut of [...cuts, stream.byteLength]) {
          received.push(...cutter.push(stream.subarray(at, at + cut)))
          at = Math.min(stream.byteLength, at + cut)
        }
        expect(received.map(frame => Buffer.from(frame))).toEqual(sent.map(frame => Buffer.from(frame.subarray(4))))
      }),
    )
  })

  it('that are damaged throw CORRUPT or say something else, and nothing worse', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 5, maxLength: 60 }), damaged => {
        const decoders = [
          frames.decodeKeysCall,
          frames.decodeSetCall,
          frames.decodeFailed,
          (payload: frames.Frame['payload']) => frames.decodeAnswers(payload, 2),
        ]
        for (const decode of decoders) {
          try {
            decode(frames.readFrame(damaged).payload)
          } catch (error) {
            expect(error).toMatchObject({ code: 'CORRUPT' })
          }
        }
      }),
    )
  })

  it('have the bytes that docs/PROTOCOL.md shows', () => {
    const hex = (frame: Uint8Array): string => Buffer.from(frame).toString('hex')
    const keys = [bytes('alice')]
    expect(hex(frames.encodeKeysCall(frames.frameKind.get, 1, { group: 'users', keys }))).toBe(
      '17000000 01 01000000 05000000 7573657273 05000000 616c696365'.replaceAll(' ', ''),
    )
    const answer = { kind: 'value', entry: entry('val:alice') } as const
    expect(hex(frames.encodeAnswers(1, [answer], 1_000))).toBe(
      '1b000000 10 01000000 00 0000000000000000 09000000 76616c3a616c696365'.replaceAll(' ', ''),
    )
    expect(hex(frames.encodeEmpty(frames.frameKind.done, 258))).toBe('050000001102010000')
    expect(hex(frames.encodeFailed(1, true, 'no'))).toBe('080000001201000000 01 6e6f'.replaceAll(' ', ''))
  })
})
