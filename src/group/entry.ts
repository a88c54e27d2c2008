/** A value of a group as the caches, the store and the wire carry it. */
export interface Entry {
  /** The bytes. Shared between all holders: never changed, and copied before a user gets them. */
  readonly value: Uint8Array
  /** When it stops being fresh, in milliseconds since 1970; `Infinity` is never. What decisions are made by. */
  readonly expiresAtMs: number
  /** The same instant as the wire has it: nanoseconds since 1970, `0n` is never. Kept so that no digit is lost. */
  readonly expireNs: bigint
}

const nsPerMs = 1_000_000n

/** An entry from its value and the wire's expiry (`0n` is never). The value is borrowed. */
export function entryFromWire(value: Uint8Array, expireNs: bigint): Entry {
  const wholeMs = expireNs / nsPerMs
  const expiresAtMs = expireNs === 0n ? Number.POSITIVE_INFINITY : Number(wholeMs) + Number(expireNs % nsPerMs) / 1e6
  return { value, expiresAtMs, expireNs }
}

/** An entry that is fresh until `expiresAtMs` (`Infinity` is never). The value is borrowed. */
export function entryUntil(value: Uint8Array, expiresAtMs: number): Entry {
  if (expiresAtMs === Number.POSITIVE_INFINITY) return { value, expiresAtMs, expireNs: 0n }
  const wholeMs = Math.floor(expiresAtMs)
  const expireNs = BigInt(wholeMs) * nsPerMs + BigInt(Math.floor((expiresAtMs - wholeMs) * 1e6))
  // The wire's zero is "never": the instant 1970 itself moves by one nanosecond.
  return { value, expiresAtMs, expireNs: expireNs === 0n ? -1n : expireNs }
}

/** Whether an entry is past its expiry; as in Go the instant itself still counts as fresh. */
export function isExpired(entry: Entry, nowMs: number): boolean {
  return entry.expiresAtMs < nowMs
}
