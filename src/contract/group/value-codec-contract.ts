import { checkOptionNames } from '../../core/check.ts'
import { equalDeep } from '../../core/equal-deep.ts'
import type { ValueCodec } from '../../group/value-codec.ts'
import { describeBytes } from '../assert.ts'
import { bindRules, type RuleDefinition } from '../rule-cases.ts'
import type { PartCase, PartOptions } from './part-case.ts'

/** What every {@link ValueCodec} promises: rule id to sentence. Ids are stable within a major version. */
export const valueCodecRules = {
  V1: 'decode() of what encode() gave is the same value.',
  V2: 'encode() gives a Uint8Array at once, in memory that is not shared and that no later call changes.',
  V3: 'encode() is pure: the same value gives the same bytes, and is not changed.',
  V4: 'decode() is pure: the same bytes give the same value, which no later call changes.',
  V5: 'decode() of damaged bytes gives a value or throws an Error, at once.',
} as const

/** The id of a rule of {@link valueCodecRules}. */
export type ValueCodecRule = keyof typeof valueCodecRules

/** Options of {@link valueCodecContract}. */
export interface ValueCodecContractOptions<T> extends PartOptions<ValueCodecRule> {
  /** Makes values to try, the same ones at each call but none that is shared: at least two that differ. */
  readonly samples: () => readonly T[]
  /** Whether two values are the same. @default deeply equal plain values */
  readonly isSame?: ((a: T, b: T) => boolean) | undefined
}

/**
 * The contract of {@link ValueCodec} as data, for any test runner. A whole test file is
 *
 *     for (const { title, run } of valueCodecContract(codec, { samples: () => [user(1), user(2)] })) test(title, run)
 *
 * A wrong option is a TypeError or RangeError at once; a broken rule is an Error of `run`.
 */
export function valueCodecContract<T>(
  codec: ValueCodec<T>,
  options: ValueCodecContractOptions<T>,
): readonly PartCase<ValueCodecRule>[] {
  checkOptionNames(options, ['skip', 'samples', 'isSame'])
  const { samples, isSame = equalDeep } = options
  if (typeof samples !== 'function') throw new TypeError(`samples must be a function, received ${typeof samples}`)
  if (samples().length < 2) throw new RangeError(`samples must give at least 2 values, received ${samples().length}`)
  return bindRules(valueCodecRules, casesOf<T>(), options.skip, prove => prove({ codec, samples, isSame }))
}

interface Tools<T> {
  readonly codec: ValueCodec<T>
  readonly samples: () => readonly T[]
  readonly isSame: (a: T, b: T) => boolean
}

function casesOf<T>(): readonly RuleDefinition<ValueCodecRule, Tools<T>>[] {
  return [
    {
      rule: 'V1',
      title: 'values come back',
      prove({ codec, samples, isSame }, check) {
        const values = samples()
        for (const [index, value] of samples().entries()) {
          const found = codec.decode(new Uint8Array(codec.encode(value)))
          check.same(`sample ${index} is the same`, isSame(found, values[index]!), true)
        }
      },
    },
    {
      rule: 'V2',
      title: 'bytes that were encoded stay',
      prove({ codec, samples }, check) {
        const results: { readonly bytes: Uint8Array; readonly copy: Uint8Array }[] = []
        for (const [index, value] of samples().entries()) {
          const bytes = codec.encode(value)
          check.same(`encode() of sample ${index} is a Uint8Array`, bytes instanceof Uint8Array, true)
          const isShared = typeof SharedArrayBuffer === 'function' && bytes.buffer instanceof SharedArrayBuffer
          check.same(`encode() of sample ${index} is in shared memory`, isShared, false)
          results.push({ bytes, copy: new Uint8Array(bytes) })
        }
        for (const value of samples()) codec.decode(new Uint8Array(codec.encode(value)))
        for (const [index, { bytes, copy }] of results.entries()) {
          check.sameBytes(`bytes of sample ${index} after later calls`, bytes, copy)
        }
      },
    },
    {
      rule: 'V3',
      title: 'encoding twice',
      prove({ codec, samples, isSame }, check) {
        const untouched = samples()
        for (const [index, value] of samples().entries()) {
          const first = new Uint8Array(codec.encode(value))
          const second = codec.encode(value)
          check.sameBytes(`sample ${index}, the second time`, second, first)
          check.same(`sample ${index} is what it was`, isSame(value, untouched[index]!), true)
        }
      },
    },
    {
      rule: 'V4',
      title: 'decoding twice',
      prove({ codec, samples, isSame }, check) {
        const values = samples()
        const encoded = samples().map(value => new Uint8Array(codec.encode(value)))
        // Each call gets bytes of its own: it may keep them, and write to them.
        const decodeAll = (): T[] => encoded.map(bytes => codec.decode(new Uint8Array(bytes)))
        const [first, second] = [decodeAll(), decodeAll()]
        for (const [index, value] of values.entries()) {
          check.same(`sample ${index}, after later calls`, isSame(first[index]!, value), true)
          check.same(`sample ${index}, the second time`, isSame(second[index]!, value), true)
        }
      },
    },
    {
      rule: 'V5',
      title: 'damaged bytes',
      prove({ codec, samples }, check) {
        for (const bytes of samples().map(value => new Uint8Array(codec.encode(value)))) {
          for (const damaged of damages(bytes)) {
            const what = `decode() of ${describeBytes(damaged)}`
            const found = outcomeOf(() => codec.decode(damaged))
            check.same(`${what} gives a promise`, found.value instanceof Promise, false)
            check.same(`${what} throws what is no Error`, found.isOdd, false)
          }
        }
      },
    },
  ]
}

function outcomeOf(decode: () => unknown): { readonly value?: unknown; readonly isOdd: boolean } {
  try {
    const value = decode()
    // It is reported already that it is a promise.
    if (value instanceof Promise) value.catch(() => {})
    return { value, isOdd: false }
  } catch (error) {
    return { isOdd: !(error instanceof Error) }
  }
}

// Cut, grown, and with single bytes changed: up to 64 of each.
function* damages(bytes: Uint8Array): Generator<Uint8Array> {
  const step = Math.max(1, Math.floor(bytes.byteLength / 64))
  for (let at = 0; at < bytes.byteLength; at += step) {
    yield bytes.slice(0, at)
    for (const mask of [0x01, 0x80, 0xff]) {
      const changed = bytes.slice()
      changed[at] = bytes[at]! ^ mask
      yield changed
    }
  }
  const grown = new Uint8Array(bytes.byteLength + 1)
  grown.set(bytes)
  yield grown
  yield new Uint8Array(100).fill(0xff)
}
