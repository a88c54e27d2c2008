import { describe, expect, it } from 'vitest'
import { fnv1 } from '../../../src/bytes/fnv.ts'
import { type RingHashRule, ringHashContract, ringHashRules } from '../../../src/contract/group/ring-hash-contract.ts'
import { type RingHash, ringPresetNames, ringPresets } from '../../../src/group/ring-presets.ts'
import { failedRules, runCases } from '../run-cases.ts'

for (const preset of ringPresetNames) {
  const bits = preset === 'groupcacheOriginal' ? 32 : 64
  runCases(preset, ringHashContract(ringPresets[preset].hash, { bits }))
}

const big = (bytes: Uint8Array): bigint => {
  const { hi, lo } = fnv1(bytes)
  return (BigInt(hi) << 32n) | BigInt(lo)
}
runCases('a hash that gives bigint', ringHashContract(big))

let calls = 0
const mutants: readonly { what: string; rule: RingHashRule; hash: RingHash }[] = [
  { what: 'is signed', rule: 'H1', hash: bytes => BigInt.asIntN(64, big(bytes)) },
  { what: 'gives signed halves', rule: 'H1', hash: bytes => ({ hi: fnv1(bytes).hi | 0, lo: fnv1(bytes).lo }) },
  { what: 'is a plain number', rule: 'H1', hash: bytes => Number(big(bytes)) as never },
  { what: 'is too long', rule: 'H1', hash: bytes => big(bytes) << 1n },
  { what: 'counts its calls', rule: 'H2', hash: bytes => big(bytes) ^ BigInt(calls++) },
  { what: 'looks behind a view', rule: 'H2', hash: bytes => fnv1(new Uint8Array(bytes.buffer)) },
  {
    what: 'changes the bytes',
    rule: 'H2',
    hash: bytes => {
      const found = fnv1(bytes)
      bytes.fill(0)
      return found
    },
  },
  { what: 'ignores all behind 32 bytes', rule: 'H3', hash: bytes => fnv1(bytes.subarray(0, 32)) },
  {
    what: 'ignores zeros before',
    rule: 'H3',
    hash: bytes => fnv1(bytes.subarray(bytes.findIndex(byte => byte !== 0))),
  },
  { what: 'leaves half of the range empty', rule: 'H4', hash: bytes => big(bytes) >> 1n },
  { what: 'has a bit that never changes', rule: 'H4', hash: bytes => big(bytes) | 1024n },
  {
    what: 'has 16 bits, twice over',
    rule: 'H5',
    hash: bytes => {
      const few = big(bytes) & 0xffffn
      return few | (few << 16n) | (few << 32n) | (few << 48n)
    },
  },
]

describe('ringHashContract', () => {
  for (const { what, rule, hash } of mutants) {
    it(`${rule} bites a hash that ${what}`, async () => {
      const failed = await failedRules(ringHashContract(hash))
      expect(failed.get(rule)).toMatch(`Error: ${rule} `)
    })
  }

  it('every rule bites at least one of them', () => {
    expect(new Set(mutants.map(({ rule }) => rule))).toEqual(new Set(Object.keys(ringHashRules)))
  })

  it('refuses wrong options', () => {
    for (const bits of [0, 15, 65, 32.5]) expect(() => ringHashContract(fnv1, { bits })).toThrow(RangeError)
    expect(() => ringHashContract(5 as never)).toThrow(TypeError)
    expect(() => ringHashContract(fnv1, { size: 5 } as never)).toThrow(/Unknown option size/)
  })
})
