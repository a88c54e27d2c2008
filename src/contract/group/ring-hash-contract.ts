import { checkOptionNames } from '../../core/check.ts'
import type { RingHash } from '../../group/ring-presets.ts'
import { bindRules, type RuleDefinition } from '../rule-cases.ts'
import { bytesOf, pattern } from '../samples.ts'
import type { PartCase, PartOptions } from './part-case.ts'

/** What every {@link RingHash} promises: rule id to sentence. Ids are stable within a major version. */
export const ringHashRules = {
  H1: 'The hash of any bytes is an unsigned whole number of the bits it says, as a bigint or as two halves.',
  H2: 'The same bytes have the same hash, whatever was hashed before and wherever they lie; they are not changed.',
  H3: 'Every byte and the length count.',
  H4: 'The hashes of labels spread over the whole range: every bit is set for about half of them.',
  H5: 'Labels that differ have hashes that differ.',
} as const

/** The id of a rule of {@link ringHashRules}. */
export type RingHashRule = keyof typeof ringHashRules

/** Options of {@link ringHashContract}. */
export interface RingHashContractOptions extends PartOptions<RingHashRule> {
  /** How many bits the hash has, 16 to 64. @default 64 */
  readonly bits?: number | undefined
}

/**
 * The contract of {@link RingHash} as data, for any test runner. A whole test file is
 *
 *     for (const { title, run } of ringHashContract(myHash)) test(title, run)
 *
 * That keys which differ only in their last characters spread is not part of it: groupcache's own hash does not do that.
 * A wrong option is a TypeError or RangeError at once; a broken rule is an Error of `run`.
 */
export function ringHashContract(
  hash: RingHash,
  options: RingHashContractOptions = {},
): readonly PartCase<RingHashRule>[] {
  if (typeof hash !== 'function') throw new TypeError(`hash must be a function, received ${typeof hash}`)
  checkOptionNames(options, ['skip', 'bits'])
  const { bits = 64 } = options
  if (!Number.isSafeInteger(bits) || bits < 16 || bits > 64) {
    throw new RangeError(`Option bits must be an integer from 16 to 64, received ${bits}`)
  }
  return bindRules(ringHashRules, definitions, options.skip, prove => prove({ hash, bits }))
}

interface Tools {
  readonly hash: RingHash
  readonly bits: number
}

const samples: readonly Uint8Array[] = [
  ...['', 'a', 'b', 'foobar', '0127.0.0.1:8080', 'ü€\u{1f600}', 'x'.repeat(1024)].map(bytesOf),
  ...[Uint8Array.of(0), Uint8Array.of(0, 0), Uint8Array.of(255, 254), pattern(256), pattern(100_000)],
]

const definitions: readonly RuleDefinition<RingHashRule, Tools>[] = [
  {
    rule: 'H1',
    title: 'hashes of samples and labels',
    prove({ hash, bits }, check) {
      const isHalf = (half: unknown): boolean =>
        typeof half === 'number' && Number.isInteger(half) && half >= 0 && half <= 0xffff_ffff
      for (const bytes of [...samples, ...labels(200)]) {
        const found = hash(bytes.slice())
        const what = `hash of ${bytes.byteLength} bytes`
        const isNumber = typeof found === 'bigint' || (isHalf(found?.hi) && isHalf(found?.lo))
        check.holds(what, isNumber, typeof found, 'a bigint, or hi and lo of 32 bits each')
        const number = numberOf(found)
        check.holds(what, number >= 0n && number < 1n << BigInt(bits), String(number), `0 to 2^${bits} - 1`)
      }
    },
  },
  {
    rule: 'H2',
    title: 'the same bytes again, elsewhere',
    prove({ hash }, check) {
      const first = samples.map(bytes => hashOf(hash, bytes))
      for (const [index, bytes] of [...samples.entries()].reverse()) {
        const around = new Uint8Array(bytes.byteLength + 5).fill(7)
        around.set(bytes, 3)
        const view = around.subarray(3, 3 + bytes.byteLength)
        check.same(`hash of sample ${index} in a view`, numberOf(hash(view)), first[index])
        check.sameBytes(`sample ${index} afterwards`, view, bytes)
      }
    },
  },
  {
    rule: 'H3',
    title: 'one byte more, less or changed',
    prove({ hash }, check) {
      for (const bytes of [...samples.filter(({ byteLength }) => byteLength < 2000), ...labels(20)]) {
        const own = hashOf(hash, bytes)
        const differs = (what: string, other: Uint8Array): void => {
          const found = hashOf(hash, other)
          check.holds(`hash of ${bytes.byteLength} bytes with ${what}`, found !== own, 'the same hash', 'another one')
        }
        differs('a zero behind', Uint8Array.of(...bytes, 0))
        differs('a zero before', Uint8Array.of(0, ...bytes))
        for (let at = 0; at < bytes.byteLength; at++) {
          const changed = bytes.slice()
          changed[at] = (changed[at] ?? 0) ^ 1
          differs(`byte ${at} changed`, changed)
        }
      }
    },
  },
  {
    rule: 'H4',
    title: '10,000 labels',
    prove({ hash, bits }, check) {
      const hashes = labels(10_000).map(label => numberOf(hash(label)))
      for (let bit = 0n; bit < BigInt(bits); bit++) {
        const share = hashes.filter(each => (each >> bit) & 1n).length / hashes.length
        check.holds(`bit ${bit}`, share > 0.45 && share < 0.55, `set for ${share} of the labels`, 'about half')
      }
      const buckets = new Array<number>(16).fill(0)
      for (const each of hashes) {
        const bucket = Number(each >> BigInt(bits - 4))
        buckets[bucket] = (buckets[bucket] ?? 0) + 1
      }
      for (const [index, count] of buckets.entries()) {
        check.holds(`sixteenth ${index}`, count > 500 && count < 750, `${count} labels`, 'about 625')
      }
    },
  },
  {
    rule: 'H5',
    title: '10,000 labels',
    prove({ hash, bits }, check) {
      const hashes = new Set(labels(10_000).map(label => numberOf(hash(label))))
      // As many may meet by chance as twice the birthdays of so many days, and a few.
      const allowed = Math.ceil(10_000 ** 2 / 2 ** bits) + 2
      const lost = 10_000 - hashes.size
      check.holds('labels without a hash of their own', lost <= allowed, String(lost), `at most ${allowed}`)
    },
  },
]

// A hash that changes its bytes must not spoil the samples.
function hashOf(hash: RingHash, bytes: Uint8Array): bigint {
  return numberOf(hash(bytes.slice()))
}

function numberOf(hash: ReturnType<RingHash>): bigint {
  return typeof hash === 'bigint' ? hash : (BigInt(hash.hi) << 32n) | BigInt(hash.lo)
}

// 32 digits each, as rings name their virtual nodes, from a fixed seed (xorshift).
function labels(count: number): Uint8Array[] {
  let state = 0x9e3779b9
  const next = (): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
  const digits = (): string => next().toString(16).padStart(8, '0')
  return Array.from({ length: count }, () => bytesOf(digits() + digits() + digits() + digits()))
}
