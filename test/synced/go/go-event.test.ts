import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { base64Decode, base64Encode } from '../../../src/bytes/base64.ts'
import { utf8Decode, utf8Encode } from '../../../src/bytes/utf8.ts'
import { decodeGoEvent, encodeGoEvent, type GoEvent } from '../../../src/synced/go/go-event.ts'
import { operations } from './operations.ts'

const read = (text: string): ReturnType<typeof decodeGoEvent> => decodeGoEvent(utf8Encode(text))

describe('events that Go recorded', () => {
  const actions = { set: 'set', setWithInvalidate: 'invalidate', delete: 'delete', clear: 'clear' } as const
  for (const { op, key, event, redisValue } of operations) {
    const value = op === 'set' ? utf8Encode(redisValue!) : new Uint8Array()
    const same = { key: op === 'clear' ? '*' : key, sender: 'pod-a', action: actions[op], value, prefix: '' }
    it(`${op} of ${JSON.stringify(key)}: written the same, and read`, () => {
      expect(utf8Decode(encodeGoEvent(same))).toBe(event)
      expect(read(event)).toEqual(same)
    })
  }
})

describe('reading', () => {
  const empty = { key: '', sender: '', value: new Uint8Array(), prefix: '' }
  it.each([
    ['names in any case, and spaces', ' {"KEY":"k", "Action":"delete"} ', { ...empty, key: 'k', action: 'delete' }],
    ['null as empty', '{"key":null,"sender":null,"action":"set","value":null}', { ...empty, action: 'set' }],
    ['the last of several', '{"key":"a","action":"set","key":"b"}', { ...empty, key: 'b', action: 'set' }],
    ['members that nobody knows', '{"action":"delete","more":{"a":[1]}}', { ...empty, action: 'delete' }],
    [
      'line breaks in base64',
      '{"action":"set","value":"MQ\\r\\n=="}',
      { ...empty, action: 'set', value: utf8Encode('1') },
    ],
    ['the prefix of a clear', '{"action":"clear","prefix":"a:"}', { ...empty, action: 'clear', prefix: 'a:' }],
  ])('%s', (_, text, event) => {
    expect(read(text)).toEqual(event)
  })

  it.each(['{}', '{"action":"Set"}', '{"action":"expire","key":"a"}', '{"action":"toString"}'])(
    '%s is unknown',
    text => {
      expect(read(text)).toBe('unknown')
    },
  )

  const values = ['M', 'M===', 'MQ', 'M-==', 'M Q=', '=MQ=', 'éAAA', 'MQ==MQ==', '====']
  it.each([
    ...['', 'x', 'null', '[]', '"set"', '{"key":1,"action":"set"}', '{"action":["set"]}', '{"action":"set","value":5}'],
    ...['{"key":"\\ud800","action":"delete"}', ...values.map(value => `{"action":"set","value":"${value}"}`)],
  ])('%s is dropped', text => {
    expect(read(text)).toBeUndefined()
  })

  it('survives any bytes', () => {
    const words = [
      '{',
      '}',
      '"key"',
      '"action"',
      '"value"',
      ':',
      ',',
      '"set"',
      '"MQ=="',
      '"clear"',
      '"M"',
      'null',
      '1',
      '[',
      ']',
    ]
    const texts = fc.array(fc.constantFrom(...words)).map(list => utf8Encode(list.join('')))
    const bytes = fc.oneof(fc.uint8Array(), texts, fc.json().map(utf8Encode))
    fc.assert(
      fc.property(bytes, each => void decodeGoEvent(each)),
      { numRuns: 5000 },
    )
  })
})

it('what is written is read', () => {
  const text = fc.string({ unit: 'grapheme' })
  const event: fc.Arbitrary<GoEvent> = fc.record({
    key: text,
    sender: text,
    action: fc.constantFrom('set', 'invalidate', 'delete', 'clear', 'ping'),
    value: fc.uint8Array({ maxLength: 40 }),
    prefix: text,
  })
  fc.assert(fc.property(event, each => void expect(decodeGoEvent(encodeGoEvent(each))).toEqual(each)))
})

it('base64 is that of Node', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), bytes => {
      expect(base64Encode(bytes)).toBe(Buffer.from(bytes).toString('base64'))
      expect(base64Decode(base64Encode(bytes))).toEqual(bytes)
    }),
  )
})
