import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../src/bytes/hex.ts'
import { entryFromWire, entryUntil } from '../../src/group/entry.ts'
import { keyFromBytes, keyToBytes } from '../../src/group/group-key.ts'
import { decodeIndex, encodeIndex } from '../../src/group/index-record.ts'
import { decodeRecord, decodeRecordOf, encodeRecord, type GroupRecord } from '../../src/group/record.ts'
import { isRecordName, maxPlainKeyBytes, recordName } from '../../src/group/record-names.ts'
import { below, mutate } from '../faults/fuzz-mutate.ts'
import { Random } from '../helpers/random.ts'
import { bytes } from '../store/scratch.ts'

const owner = { group: 'users', key: bytes('alice') }
const record: GroupRecord = {
  entry: entryFromWire(bytes('val:alice'), 1_700_000_000_123_456_789n),
  runId: 'run-1',
  storedAtMs: 1_600_000_000_000.5,
}

const int64 = fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n })

describe('a record', () => {
  it('has these bytes', () => {
    expect(toHex(encodeRecord(owner, record))).toBe(
      [
        '43534752', // CSGR
        '01',
        '057573657273', // users
        '05616c696365', // alice
        '0572756e2d31', // run-1
        '15cd853dfe9c9717', // int64, little-endian: nanoseconds
        '000800e876487742', // f64: milliseconds
        '0976616c3a616c696365', // val:alice
        '0cac2f2a1bf5fef7ec9a4f9d9ef974b5', // digest of all before
      ].join(''),
    )
  })

  it('comes back as it was, whatever is in it', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, unit: 'grapheme' }),
        fc.uint8Array({ minLength: 1, maxLength: 2000 }),
        fc.string({ minLength: 1 }),
        int64,
        fc.double({ noNaN: true }),
        fc.uint8Array({ maxLength: 500 }),
        (group, key, runId, expireNs, storedAtMs, value) => {
          const whole = { entry: entryFromWire(value, expireNs), runId, storedAtMs }
          expect(decodeRecord({ group, key }, encodeRecord({ group, key }, whole))).toEqual(whole)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('keeps an instant that does not fit as the last one that does', () => {
    const far = { ...record, entry: entryUntil(bytes('v'), 1e16) }
    expect(decodeRecord(owner, encodeRecord(owner, far))?.entry.expireNs).toBe(2n ** 63n - 1n)
    const past = { ...record, entry: entryUntil(bytes('v'), -1e16) }
    expect(decodeRecord(owner, encodeRecord(owner, past))?.entry.expireNs).toBe(-(2n ** 63n - 1n))
  })

  it("is nothing for another group or key, as a whole or as a key's beginning", () => {
    const encoded = encodeRecord(owner, record)
    expect(decodeRecord({ ...owner, group: 'user' }, encoded)).toBeUndefined()
    expect(decodeRecord({ ...owner, group: 'users2' }, encoded)).toBeUndefined()
    expect(decodeRecord({ ...owner, key: bytes('alic') }, encoded)).toBeUndefined()
    expect(decodeRecord({ ...owner, key: bytes('Alice') }, encoded)).toBeUndefined()
    expect(decodeRecordOf('users', encoded)).toMatchObject({ key: bytes('alice'), record })
    expect(decodeRecordOf('other', encoded)).toBeUndefined()
  })

  it('is nothing once a bit is flipped, a byte is gone or one too many', () => {
    const encoded = encodeRecord(owner, record)
    for (let bit = 0; bit < encoded.length * 8; bit++) {
      const damaged = encoded.slice()
      damaged[bit >> 3]! ^= 1 << (bit & 7)
      expect(decodeRecord(owner, damaged)).toBeUndefined()
    }
    for (let end = 0; end < encoded.length; end++) expect(decodeRecord(owner, encoded.subarray(0, end))).toBeUndefined()
    expect(decodeRecord(owner, Uint8Array.of(...encoded, 0))).toBeUndefined()
    expect(decodeRecord(owner, encoded)).toEqual(record)
  })

  it('never throws on what a store may give', () => {
    for (const odd of [null, undefined, 'text', 7, {}, [], new Uint8Array(0), new Uint16Array(40)]) {
      expect(decodeRecord(owner, odd)).toBeUndefined()
      expect(decodeRecordOf('users', odd)).toBeUndefined()
      expect(decodeIndex('users', odd)).toBeUndefined()
    }
  })

  it('never throws on mutated bytes, and believes none', () => {
    const random = new Random(5)
    const unit = (): number => random.unit()
    const encoded = encodeRecord(owner, record)
    const index = encodeIndex('users', new Map([['=alice', 70]]))
    for (let i = 0; i < 2_000; i++) {
      const damaged = mutate(unit, below(unit, 2) === 0 ? encoded : index, encoded)
      const found = decodeRecord(owner, damaged)
      if (found !== undefined) expect(found).toEqual(record)
      const sizes = decodeIndex('users', damaged)
      if (sizes !== undefined) expect(sizes).toEqual(new Map([['=alice', 70]]))
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), some => {
        expect(decodeRecord(owner, some)).toBeUndefined()
        expect(decodeIndex('users', some)).toBeUndefined()
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('an index', () => {
  it('keeps names, sizes and their order', () => {
    const sizes = new Map([
      ['=b', 5],
      ['#00112233445566778899aabbccddeeff', 2 ** 40],
      ['=a', 0],
    ])
    const decoded = decodeIndex('g', encodeIndex('g', sizes))
    expect([...decoded!]).toEqual([...sizes])
    expect(decodeIndex('h', encodeIndex('g', sizes))).toBeUndefined()
    expect([...decodeIndex('g', encodeIndex('g', new Map()))!]).toEqual([])
  })
})

describe('the name of a record', () => {
  it('is the key where that is short and UTF-8, and else a digest', () => {
    expect(recordName('alice')).toBe('=alice')
    expect(recordName('a/b ../\0é')).toBe('=a/b ../\0é')
    expect(recordName('x'.repeat(maxPlainKeyBytes))).toBe(`=${'x'.repeat(maxPlainKeyBytes)}`)
    expect(recordName('x'.repeat(maxPlainKeyBytes + 1))).toMatch(/^#[0-9a-f]{32}$/)
    expect(recordName('é'.repeat(maxPlainKeyBytes / 2 + 1))).toMatch(/^#[0-9a-f]{32}$/)
    expect(recordName('x'.repeat(100_000))).toMatch(/^#[0-9a-f]{32}$/)
    expect(recordName('\udcff')).toMatch(/^#[0-9a-f]{32}$/)
    expect(() => recordName('\ud800')).toThrow(expect.objectContaining({ code: 'INVALID_KEY' }))
  })

  it('is one of its own for every key, and known as one', () => {
    const keys = fc.uniqueArray(fc.uint8Array({ minLength: 1, maxLength: 90 }).map(keyFromBytes), { maxLength: 60 })
    fc.assert(
      fc.property(keys, some => {
        const names = some.map(recordName)
        expect(new Set(names).size).toBe(some.length)
        expect(names.every(isRecordName)).toBe(true)
        for (const key of some) expect(keyFromBytes(keyToBytes(key))).toBe(key)
      }),
    )
    for (const foreign of ['', '=', '#', '#0', '!index', 'head', '@head/1', `#${'g'.repeat(32)}`]) {
      expect(isRecordName(foreign)).toBe(false)
    }
  })
})
