import { describe, expect, it } from 'vitest'
import {
  type ValueCodecRule,
  valueCodecContract,
  valueCodecRules,
} from '../../../src/contract/group/value-codec-contract.ts'
import type { ValueCodec } from '../../../src/group/value-codec.ts'
import { failedRules, runCases } from '../run-cases.ts'

interface User {
  readonly name: string
  readonly tags: string[]
}

const samples = (): User[] => [
  { name: 'Zoë', tags: [] },
  { name: 'Ann', tags: ['b', 'a'] },
]
const [encoder, decoder] = [new TextEncoder(), new TextDecoder('utf-8', { fatal: true })]
const json: ValueCodec<User> = {
  encode: value => encoder.encode(JSON.stringify(value)),
  decode: bytes => JSON.parse(decoder.decode(bytes)),
}
const asIs: ValueCodec<Uint8Array> = { encode: value => value, decode: bytes => bytes }

runCases('JSON', valueCodecContract(json, { samples }))
runCases('bytes as they are', valueCodecContract(asIs, { samples: () => [new Uint8Array(0), Uint8Array.of(1, 2)] }))

const reused = new Uint8Array(1000)
const decoded: User = { name: '', tags: [] }
let calls = 0

const mutants: readonly { what: string; rule: ValueCodecRule; codec: ValueCodec<User> }[] = [
  { what: 'loses a field', rule: 'V1', codec: { ...json, encode: ({ name }) => json.encode({ name, tags: [] }) } },
  {
    what: 'encodes into one buffer',
    rule: 'V2',
    codec: { ...json, encode: value => reused.subarray(0, encoder.encodeInto(JSON.stringify(value), reused).written) },
  },
  { what: 'gives text', rule: 'V2', codec: { ...json, encode: value => JSON.stringify(value) as never } },
  {
    what: 'gives a promise',
    rule: 'V2',
    codec: { ...json, encode: (async (value: User) => json.encode(value)) as never },
  },
  {
    what: 'writes a number of its own',
    rule: 'V3',
    codec: { ...json, encode: value => json.encode({ ...value, call: calls++ } as User) },
  },
  {
    what: 'sorts the value it is given',
    rule: 'V3',
    codec: {
      ...json,
      encode: value => {
        value.tags.sort()
        return json.encode(value)
      },
    },
  },
  {
    what: 'decodes into one object',
    rule: 'V4',
    codec: { ...json, decode: bytes => Object.assign(decoded, json.decode(bytes)) },
  },
  {
    what: 'throws text',
    rule: 'V5',
    codec: {
      ...json,
      decode: bytes => {
        try {
          return json.decode(bytes)
        } catch (error) {
          throw String(error)
        }
      },
    },
  },
  {
    what: 'decodes later',
    rule: 'V5',
    codec: { ...json, decode: (async (bytes: Uint8Array) => json.decode(bytes).name) as never },
  },
]

describe('valueCodecContract', () => {
  for (const { what, rule, codec } of mutants) {
    it(`${rule} bites a codec that ${what}`, async () => {
      const failed = await failedRules(valueCodecContract(codec, { samples }))
      expect(failed.get(rule)).toMatch(`Error: ${rule} `)
    })
  }

  it('every rule bites at least one of them', () => {
    expect(new Set(mutants.map(({ rule }) => rule))).toEqual(new Set(Object.keys(valueCodecRules)))
  })

  it('compares values as it is told, and refuses wrong options', async () => {
    const isSame = (): boolean => false
    expect((await failedRules(valueCodecContract(json, { samples, isSame }))).get('V1')).toMatch(/V1 sample 0/)
    expect(() => valueCodecContract(json, { samples: () => [] })).toThrow(RangeError)
    expect(() => valueCodecContract(json, { samples: [] as never })).toThrow(TypeError)
    expect(() => valueCodecContract(json, { samples, values: 1 } as never)).toThrow(/Unknown option values/)
  })
})
