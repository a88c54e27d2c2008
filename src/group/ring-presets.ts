import { crc32 } from '../bytes/crc32.ts'
import { fnv1, fnv1OfAscii } from '../bytes/fnv.ts'
import { fmix64, type Hash64 } from '../bytes/hash64.ts'
import { md5 } from '../bytes/md5.ts'
import { keyToBytes } from './group-key.ts'

/**
 * Whose ring a {@link HashRing} is the same as.
 *
 * - `groupcacheV3`: groupcache-go v3; peers are named `host:port`.
 * - `groupcacheV2`: mailgun/groupcache v2 from 2.2.1 on; the same ring, but peers are named by base URL, so that owners differ.
 * - `groupcacheOriginal`: golang/groupcache; CRC-32, base URLs, and keys escaped as in a query.
 * - `mixed`: for fleets of coldsnap only; spreads keys that differ in their last characters, as numbered ones do, which
 *   the others leave together at one owner.
 */
export type RingPreset = 'groupcacheV3' | 'groupcacheV2' | 'groupcacheOriginal' | 'mixed'

/** A hash of up to 64 bits, unsigned, for keys and for the virtual nodes of peers. Pure. */
export type RingHash = (bytes: Uint8Array) => bigint | Hash64

/** What a {@link RingPreset} stands for. */
export interface RingRules {
  /** The hash of keys and labels. */
  readonly hash: (bytes: Uint8Array) => Hash64
  /** {@link hash} of a text if it is ASCII, without making its bytes. */
  readonly hashAscii?: (text: string) => Hash64 | undefined
  /** The bytes whose hash is the position of a peer's virtual node of number `replica`, from 0. */
  readonly label: (name: string, replica: number) => Uint8Array
  /** The name in the ring of the peer at `address` (`host:port`), which is reached over `scheme`. */
  readonly nameOf: (address: string, scheme?: 'http' | 'https') => string
  /** How groups and keys are escaped in paths: as Go's `PathEscape` or as its `QueryEscape`. */
  readonly escaping: 'path' | 'query'
}

const plainLabel = (name: string, replica: number): Uint8Array => keyToBytes(`${replica}${name}`)
const md5Label = (name: string, replica: number): Uint8Array => hexDigits(md5(plainLabel(name, replica)))
const asAddress = (address: string): string => address
const asBaseUrl = (address: string, scheme: 'http' | 'https' = 'http'): string => `${scheme}://${address}`

const v3: RingRules = { hash: fnv1, hashAscii: fnv1OfAscii, label: md5Label, nameOf: asAddress, escaping: 'path' }

/** The rules of each preset. */
export const ringPresets: Readonly<Record<RingPreset, RingRules>> = {
  groupcacheV3: v3,
  groupcacheV2: { ...v3, nameOf: asBaseUrl },
  groupcacheOriginal: {
    hash: bytes => ({ hi: 0, lo: crc32(bytes) }),
    label: plainLabel,
    nameOf: asBaseUrl,
    escaping: 'query',
  },
  mixed: {
    ...v3,
    hash: bytes => fmix64(fnv1(bytes)),
    hashAscii: text => {
      const hash = fnv1OfAscii(text)
      return hash === undefined ? undefined : fmix64(hash)
    },
  },
}

/** Every {@link RingPreset}. */
export const ringPresetNames: readonly RingPreset[] = ['groupcacheV3', 'groupcacheV2', 'groupcacheOriginal', 'mixed']

// The lower-case hex of `bytes`, as ASCII.
function hexDigits(bytes: Uint8Array): Uint8Array {
  const digits = new Uint8Array(2 * bytes.length)
  for (const [i, byte] of bytes.entries()) {
    digits[2 * i] = hexDigit(byte >> 4)
    digits[2 * i + 1] = hexDigit(byte & 15)
  }
  return digits
}

function hexDigit(value: number): number {
  return value + (value < 10 ? 0x30 : 0x57)
}
