import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32 } from '../../src/bytes/crc32.ts'
import { fnv1, fnv1OfAscii } from '../../src/bytes/fnv.ts'
import { fmix64, type Hash64 } from '../../src/bytes/hash64.ts'
import { utf8Encode } from '../../src/bytes/utf8.ts'
import { isCacheError } from '../../src/errors.ts'
import { HashRing, type RingOptions } from '../../src/group/ring.ts'
import { type RingPreset, ringPresetNames, ringPresets } from '../../src/group/ring-presets.ts'
import { anyText } from './any-text.ts'

const hex = ({ hi, lo }: Hash64): string => hi.toString(16).padStart(8, '0') + lo.toString(16).padStart(8, '0')
const big = ({ hi, lo }: Hash64): bigint => (BigInt(hi) << 32n) | BigInt(lo)
const text = anyText({ maxLength: 40 })

describe('fnv1', () => {
  it('has the published values', () => {
    const values = {
      '': 'cbf29ce484222325',
      a: 'af63bd4c8601b7be',
      foobar: '340d8765a4dda9c2',
      key1: 'd836a27eca70ddf7',
    }
    for (const [key, wanted] of Object.entries(values)) {
      expect(hex(fnv1(utf8Encode(key)))).toBe(wanted)
      expect(hex(fnv1OfAscii(key)!)).toBe(wanted)
    }
  })

  it('is what BigInt computes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
        let wanted = 0xcbf29ce484222325n
        for (const byte of bytes) wanted = BigInt.asUintN(64, wanted * 0x100000001b3n) ^ BigInt(byte)
        expect(big(fnv1(bytes))).toBe(wanted)
      }),
    )
  })

  it('of ASCII is that of its bytes; of other text it is left to bytes', () => {
    fc.assert(
      fc.property(text, each => {
        const isAscii = [...each].every(character => character.codePointAt(0)! < 0x80)
        expect(fnv1OfAscii(each)).toEqual(isAscii ? fnv1(utf8Encode(each)) : undefined)
      }),
    )
  })
})

it('fmix64 is what BigInt computes', () => {
  const half = fc.integer({ min: 0, max: 0xffffffff })
  fc.assert(
    fc.property(half, half, (hi, lo) => {
      let wanted = big({ hi, lo })
      wanted = BigInt.asUintN(64, (wanted ^ (wanted >> 33n)) * 0xff51afd7ed558ccdn)
      wanted = BigInt.asUintN(64, (wanted ^ (wanted >> 33n)) * 0xc4ceb9fe1a85ec53n)
      wanted ^= wanted >> 33n
      expect(big(fmix64({ hi, lo }))).toBe(wanted)
    }),
    { numRuns: 1000 },
  )
})

it('crc32 has the check value of its catalogue, and those of the worked examples', () => {
  expect(crc32(utf8Encode('123456789'))).toBe(0xcbf43926)
  expect(crc32(utf8Encode('alpha'))).toBe(0xd0e0396a)
  expect(crc32(utf8Encode('日本語'))).toBe(0xa80b52e5)
})

describe('recorded rings', () => {
  interface Recorded {
    readonly peers: readonly string[]
    readonly replicas: number
    readonly owners: readonly (readonly [string | { readonly hex: string }, number])[]
  }
  const files: readonly (readonly [string, RingPreset])[] = [
    ['ring.json', 'groupcacheV3'],
    ['ring-original.json', 'groupcacheOriginal'],
  ]

  it.each(files)('%s: every key has the same owner by %s', (file, preset) => {
    const url = new URL(`../../fixtures/groupcache/${file}`, import.meta.url)
    const rings = JSON.parse(readFileSync(url, 'utf8')) as readonly Recorded[]
    let count = 0
    for (const { peers, replicas, owners } of rings) {
      const ring = new HashRing(peers, { preset, replicas })
      for (const [key, owner] of owners) {
        const asked = typeof key === 'string' ? key : Uint8Array.from(Buffer.from(key.hex, 'hex'))
        expect(ring.owner(asked)).toBe(peers[owner])
        if (typeof key === 'string') expect(ring.owner(utf8Encode(key))).toBe(peers[owner])
        count++
      }
    }
    expect(count).toBeGreaterThan(200)
  })
})

describe('worked examples', () => {
  const addresses = [1, 2, 3].map(i => `10.0.0.${i}:8080`)
  const rows = [
    ['alpha', 2, 3, 3],
    ['user:42', 3, 1, 1],
    ['12345', 3, 3, 3],
    ['hello', 1, 3, 3],
    ['日本語', 1, 3, 2],
  ] as const

  it.each(rows)('%s is owned by %i, in v2 by %i, in the original by %i', (key, ...owners) => {
    for (const [i, preset] of (['groupcacheV3', 'groupcacheV2', 'groupcacheOriginal'] as const).entries()) {
      const names = addresses.map(address => ringPresets[preset].nameOf(address))
      expect(new HashRing(names, { preset }).owner(key), preset).toBe(names[owners[i]! - 1])
    }
  })

  it('labels of virtual nodes are hex of MD5, their positions its FNV-1', () => {
    const { label, hash } = ringPresets.groupcacheV3
    const positions = { 0: '5284efe763973aa7', 1: '3ddbf0e8164e841d', 49: '684c847e726ee4c2' }
    for (const [replica, wanted] of Object.entries(positions)) {
      const bytes = label('10.0.0.1:8080', Number(replica))
      expect(Buffer.from(bytes).toString()).toBe(createHash('md5').update(`${replica}10.0.0.1:8080`).digest('hex'))
      expect(hex(hash(bytes))).toBe(wanted)
    }
  })

  it("has the owners of groupcache's own tests", () => {
    const three = new HashRing(['6', '4', '2'], { replicas: 512 })
    const four = new HashRing(['6', '4', '2', '8'], { replicas: 512 })
    const keys = ['12,000', '11', '500,000', '1,000,000']
    expect(keys.map(key => three.owner(key))).toEqual(['4', '6', '4', '2'])
    expect(keys.map(key => four.owner(key))).toEqual(['4', '8', '4', '8'])
    const services = new HashRing(
      ['a', 'b', 'c'].map(name => `${name}.svc.local`),
      { replicas: 512 },
    )
    expect(['Bob', 'Johnny', 'Rick'].map(key => services.owner(key)?.[0])).toEqual(['a', 'b', 'c'])
    const local = new HashRing(['localhost:1111', 'localhost:1112', 'localhost:1113'])
    const owners = {
      '192.252.47.250': 1111,
      '192.91.4.18': 1111,
      '192.246.95.249': 1112,
      '192.244.189.42': 1112,
      '192.13.24.251': 1111,
      '192.13.177.224': 1113,
    }
    for (const [key, port] of Object.entries(owners)) expect(local.owner(key)).toBe(`localhost:${port}`)
  })
})

describe('HashRing', () => {
  const preset = fc.constantFrom(...ringPresetNames)
  const name = anyText({ minLength: 1, maxLength: 12 })
  const names = fc.uniqueArray(name, { minLength: 1, maxLength: 6 })
  const keys = fc.array(text, { minLength: 1, maxLength: 20 })

  it('does not depend on the order of peers, nor on naming one twice', () => {
    fc.assert(
      fc.property(preset, names, keys, fc.nat(), (each, peers, asked, turn) => {
        const ring = new HashRing(peers, { preset: each, replicas: 3 })
        const at = turn % peers.length
        const turned = new HashRing([...peers.slice(at), ...peers, ...peers.slice(0, at)].reverse(), {
          preset: each,
          replicas: 3,
        })
        expect(turned.peers).toEqual(ring.peers)
        expect(asked.map(key => turned.owner(key))).toEqual(asked.map(key => ring.owner(key)))
      }),
    )
  })

  it('with one peer more, keys move to that one only', () => {
    fc.assert(
      fc.property(preset, names, name, keys, (each, peers, added, asked) => {
        const before = new HashRing(peers, { preset: each, replicas: 5 })
        const after = new HashRing([...peers, added], { preset: each, replicas: 5 })
        for (const key of asked) expect([before.owner(key), added]).toContain(after.owner(key))
      }),
    )
  })

  it('owns what a search through all virtual nodes finds', () => {
    fc.assert(
      fc.property(preset, names, keys, (each, peers, asked) => {
        const { hash, label } = ringPresets[each]
        const nodes = peers.flatMap(peer => [0, 1, 2].map(i => ({ peer, at: big(hash(label(peer, i))) })))
        nodes.sort((a, b) => (a.at < b.at ? -1 : 1))
        const ring = new HashRing(peers, { preset: each, replicas: 3 })
        for (const key of asked) {
          const wanted = big(hash(utf8Encode(key)))
          expect(ring.owner(key)).toBe((nodes.find(node => node.at >= wanted) ?? nodes[0]!).peer)
        }
      }),
    )
  })

  it('gives a key exactly at a position to the peer of that position', () => {
    const peers = ['a', 'b', 'c']
    const { label } = ringPresets.groupcacheV3
    const ring = new HashRing(peers)
    for (const peer of peers) for (let i = 0; i < 50; i++) expect(ring.owner(label(peer, i))).toBe(peer)
  })

  it('takes a key of bytes that are not UTF-8 as bytes or as its string', () => {
    const ring = new HashRing(['a', 'b', 'c', 'd', 'e', 'f'])
    for (let byte = 0x80; byte < 0x100; byte++) {
      expect(ring.owner(String.fromCharCode(0x61, 0xdc00 + byte))).toBe(ring.owner(Uint8Array.of(0x61, byte)))
    }
    expect(() => ring.owner('\ud800')).toThrow('Key holds a lone surrogate')
  })

  it('of nobody gives no owner', () => {
    const ring = new HashRing([])
    expect(ring.owner('a')).toBeUndefined()
    expect(ring.owner(new Uint8Array())).toBeUndefined()
    expect(ring.peers).toEqual([])
  })

  it('lets the last name win where positions are equal', () => {
    const hash = (): bigint => 7n
    expect(new HashRing(['b', 'c', 'a'], { hash }).owner('k')).toBe('c')
    expect(new HashRing(['c', 'a', 'b'], { hash }).owner('k')).toBe('c')
  })

  it('uses a hash of the caller for keys and virtual nodes, as BigInt or as halves', () => {
    const peers = ['a', 'b', 'c']
    const ring = new HashRing(peers)
    const asBigInt = new HashRing(peers, { hash: bytes => big(fnv1(bytes)) })
    const asHalves = new HashRing(peers, { hash: fnv1 })
    const other = new HashRing(peers, { hash: bytes => BigInt(crc32(bytes)) })
    const asked = Array.from({ length: 100 }, (_, i) => `${i}-key`)
    const ownersOf = (each: HashRing): unknown => asked.map(key => each.owner(key))
    expect(ownersOf(asBigInt)).toEqual(ownersOf(ring))
    expect(ownersOf(asHalves)).toEqual(ownersOf(ring))
    expect(ownersOf(other)).not.toEqual(ownersOf(ring))
  })

  it('mixed spreads keys that differ in their last characters; groupcacheV3 leaves them together', () => {
    const peers = [1, 2, 3].map(i => `10.0.0.${i}:8080`)
    const counts = (options: RingOptions): number[] => {
      const ring = new HashRing(peers, options)
      const owners = Array.from({ length: 100 }, (_, i) => ring.owner(`key-${i}`))
      return peers.map(peer => owners.filter(owner => owner === peer).length)
    }
    expect(Math.max(...counts({}))).toBe(100)
    expect(Math.min(...counts({ preset: 'mixed' }))).toBeGreaterThan(15)
  })

  it('splits keys that are addresses among all', () => {
    // The test of groupcache splits 200 of them 96 to 38 to 66. Those come from Go's generator of random numbers, which
    // is not rebuilt here; six of them are above, with their owners.
    const ring = new HashRing(['localhost:1111', 'localhost:1112', 'localhost:1113'])
    const owners = Array.from({ length: 600 }, (_, i) =>
      ring.owner(`192.${(i * 37) % 256}.${(i * 101) % 256}.${i % 256}`),
    )
    for (const peer of ring.peers) expect(owners.filter(owner => owner === peer).length).toBeGreaterThan(60)
  })

  it('refuses names, options and hashes that cannot be right', () => {
    const invalid = (peers: readonly string[]): unknown => {
      try {
        return new HashRing(peers)
      } catch (error) {
        return error
      }
    }
    expect(isCacheError(invalid(['a', '']), 'INVALID_PEERS')).toBe(true)
    expect(isCacheError(invalid(['\udc80']), 'INVALID_PEERS')).toBe(true)
    expect(invalid([7 as never])).toBeInstanceOf(TypeError)
    expect(() => new HashRing('abc')).toThrow(TypeError)
    expect(() => new HashRing(['a'], { replicas: 0 })).toThrow(RangeError)
    expect(() => new HashRing(['a'], { replicas: 1.5 })).toThrow(RangeError)
    expect(() => new HashRing(['a'], { preset: 'v4' as never })).toThrow(TypeError)
    expect(() => new HashRing(['a'], { hash: 'fnv' as never })).toThrow(TypeError)
    expect(() => new HashRing(['a'], { replica: 5 } as never)).toThrow('Unknown option replica')
  })
})
