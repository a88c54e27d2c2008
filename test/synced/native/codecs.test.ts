import { readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../../src/bytes/hex.ts'
import { isWellFormed } from '../../../src/bytes/utf8.ts'
import { isCacheError } from '../../../src/errors.ts'
import { decodeEvent, type EventKind } from '../../../src/synced/native/event.ts'
import { decodeRecord, encodeTags } from '../../../src/synced/native/record.ts'
import { eventSamples, recordSamples } from './codec-samples.ts'
import { eventBytes, recordBytes } from './wire-of.ts'

type Golden = Record<string, string>

function goldenOf(name: string, samples: Golden): Golden {
  const file = new URL(`../../../fixtures/synced/native/${name}.json`, import.meta.url)
  // Never one that is there already.
  if (process.env['COLDSNAP_WRITE_FIXTURES'] === '1')
    writeFileSync(file, `${JSON.stringify({ ...samples, ...readOr(file, {}) }, undefined, 2)}\n`)
  return JSON.parse(readFileSync(file, 'utf8')) as Golden
}

function readOr(file: URL, otherwise: Golden): Golden {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Golden
  } catch {
    return otherwise
  }
}

const hexes = <T>(samples: Readonly<Record<string, T>>, bytesOf: (sample: T) => Uint8Array): Golden =>
  Object.fromEntries(Object.entries(samples).map(([name, sample]) => [name, toHex(bytesOf(sample))]))

/** Whether reading gives something or `CORRUPT`, and nothing else. */
function reads(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): boolean {
  try {
    decode(bytes)
    return true
  } catch (error) {
    if (isCacheError(error, 'CORRUPT')) return false
    throw error
  }
}

const id = fc.record({ hi: fc.integer(), lo: fc.integer() })
const number = fc.maxSafeNat()
const text = fc.string({ unit: 'binary', maxLength: 20 }).filter(isWellFormed)
const record = fc.record({
  codec: fc.constantFrom(0 as const, 1 as const, 2 as const, 3 as const),
  epoch: id,
  sequence: number,
  freshUntil: number,
  expiresAt: number,
  tags: fc.array(text, { maxLength: 5 }),
  body: fc.uint8Array({ maxLength: 30 }),
})
const event = fc
  .record({
    kind: fc.integer({ min: 1, max: 7 }).map(kind => kind as EventKind),
    epoch: id,
    sequence: number,
    nonce: id,
    previous: id,
    sender: id,
    partition: fc.nat(0xffff),
    timeMs: number,
    key: text,
    record: fc.uint8Array({ maxLength: 30 }),
  })
  .map(each => (each.kind === 1 ? each : { ...each, record: new Uint8Array() }))

describe('records', () => {
  it('have the golden bytes, and are read back', () => {
    const golden = goldenOf('records', hexes(recordSamples, recordBytes))
    expect(hexes(recordSamples, recordBytes)).toEqual(golden)
    for (const [name, sample] of Object.entries(recordSamples)) {
      expect(decodeRecord(Buffer.from(golden[name]!, 'hex'))).toEqual({ ...sample, body: Buffer.from(sample.body) })
    }
  })

  it('any is read back', () => {
    fc.assert(
      fc.property(record, each => {
        expect(decodeRecord(recordBytes(each))).toEqual({ ...each, body: Buffer.from(each.body) })
      }),
    )
  })

  it('damaged in any way are read, or CORRUPT', () => {
    const damage = fc.tuple(record, fc.nat(80), fc.nat(255), fc.nat(80))
    let corrupt = 0
    fc.assert(
      fc.property(damage, ([each, at, byte, length]) => {
        const bytes = recordBytes(each)
        if (at < bytes.byteLength) bytes[at] = byte
        if (!reads(decodeRecord, bytes)) corrupt++
        if (!reads(decodeRecord, bytes.subarray(0, length))) corrupt++
      }),
      { numRuns: 2000 },
    )
    expect(corrupt).toBeGreaterThan(100)
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), bytes => void reads(decodeRecord, bytes)))
  })

  it.each([
    ['too short', (bytes: Uint8Array) => bytes.subarray(0, 36)],
    ['of another magic', (bytes: Uint8Array) => Uint8Array.from(bytes, (byte, i) => (i === 1 ? 0 : byte))],
    ['of a newer version', (bytes: Uint8Array) => Uint8Array.from(bytes, (byte, i) => (i === 2 ? 2 : byte))],
    ['of an unknown codec', (bytes: Uint8Array) => Uint8Array.from(bytes, (byte, i) => (i === 3 ? 4 : byte))],
    ['with a number too large', (bytes: Uint8Array) => Uint8Array.from(bytes, (byte, i) => (i === 28 ? 255 : byte))],
    ['with tags past its end', (bytes: Uint8Array) => Uint8Array.from(bytes, (byte, i) => (i === 36 ? 255 : byte))],
    ['with a tag that is not UTF-8', (bytes: Uint8Array) => Uint8Array.from(bytes, (b, i) => (i === 39 ? 255 : b))],
  ])('%s are CORRUPT', (_, damage) => {
    const bytes = damage(recordBytes(recordSamples['timed']!))
    expect(() => decodeRecord(bytes)).toThrow(expect.objectContaining({ code: 'CORRUPT' }))
  })

  it('take no more tags than they can', () => {
    expect(encodeTags(Array.from({ length: 255 }, (_, i) => `${i}`))[0]).toBe(255)
    expect(() => encodeTags(Array.from({ length: 256 }, () => 't'))).toThrow(RangeError)
    expect(() => encodeTags(['t'.repeat(65_536)])).toThrow(RangeError)
  })
})

describe('events', () => {
  it('have the golden bytes, and are read back', () => {
    const golden = goldenOf('events', hexes(eventSamples, eventBytes))
    expect(hexes(eventSamples, eventBytes)).toEqual(golden)
    for (const [name, sample] of Object.entries(eventSamples)) {
      expect(decodeEvent(Buffer.from(golden[name]!, 'hex'))).toEqual({ ...sample, record: Buffer.from(sample.record) })
    }
  })

  it('any is read back', () => {
    fc.assert(
      fc.property(event, each => {
        expect(decodeEvent(eventBytes(each))).toEqual({ ...each, record: Buffer.from(each.record) })
      }),
    )
  })

  it('damaged in any way are read, or CORRUPT', () => {
    const damage = fc.tuple(event, fc.nat(100), fc.nat(255), fc.nat(100))
    let corrupt = 0
    fc.assert(
      fc.property(damage, ([each, at, byte, length]) => {
        const bytes = eventBytes(each)
        if (at < bytes.byteLength) bytes[at] = byte
        if (!reads(decodeEvent, bytes)) corrupt++
        if (!reads(decodeEvent, bytes.subarray(0, length))) corrupt++
      }),
      { numRuns: 2000 },
    )
    expect(corrupt).toBeGreaterThan(100)
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), bytes => void reads(decodeEvent, bytes)))
  })

  it('with bytes that their kind does not have are CORRUPT', () => {
    const bytes = Buffer.concat([eventBytes(eventSamples['delete']!), Buffer.of(1)])
    expect(() => decodeEvent(bytes)).toThrow(expect.objectContaining({ code: 'CORRUPT' }))
  })
})
