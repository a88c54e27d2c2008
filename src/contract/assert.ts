import { isCacheError } from '../errors.ts'

/** The checks of one case. Each throws an Error that says the rule, what was done, what was found and what was wanted. */
export interface Checks {
  /** `found` is the same value as `wanted`. */
  same(what: string, found: unknown, wanted: unknown): void
  /** `found` is a Uint8Array with exactly the bytes of `wanted`. */
  sameBytes(what: string, found: Uint8Array | undefined, wanted: Uint8Array): void
  /** `found` has the strings of `wanted` in that order. */
  sameKeys(what: string, found: readonly string[], wanted: readonly string[]): void
  /** `condition` is true; `found` and `wanted` say in words what it was about. */
  holds(what: string, condition: boolean, found: string, wanted: string): void
  /** `call` rejects with a CacheError of `code`, or with a TypeError or RangeError; resolves to the error. */
  rejects(what: string, call: () => PromiseLike<unknown>, code: Refusal): Promise<Error>
}

/** The refusals that the rules speak of. */
export type Refusal =
  | 'ABORTED'
  | 'CLOSED'
  | 'INVALID_KEY'
  | 'INVALID_PEERS'
  | 'PEER_FAILED'
  | 'PRECONDITION_FAILED'
  | 'UNAVAILABLE'
  | 'UNSUPPORTED_VALUE'
  | 'TypeError'
  | 'RangeError'

/** Makes the checks of one rule. */
export function checksOf(rule: string): Checks {
  const fail = (what: string, found: string, wanted: string): never => {
    throw violation(rule, what, found, wanted)
  }
  return {
    same(what, found, wanted) {
      if (!Object.is(found, wanted)) fail(what, show(found), show(wanted))
    },
    sameBytes(what, found, wanted) {
      if (!(found instanceof Uint8Array)) return fail(what, show(found), show(wanted))
      if (found.byteLength !== wanted.byteLength) return fail(what, show(found), show(wanted))
      const at = firstDifference(found, wanted)
      if (at !== -1) fail(what, `byte ${found[at]} at offset ${at}`, `byte ${wanted[at]}`)
    },
    sameKeys(what, found, wanted) {
      const at = wanted.findIndex((key, index) => found[index] !== key)
      if (at === -1 && found.length === wanted.length) return
      const index = at === -1 ? wanted.length : at
      fail(
        what,
        `${found.length} keys with ${show(found[index])} at place ${index}`,
        `${wanted.length} keys with ${show(wanted[index])} there`,
      )
    },
    holds(what, condition, found, wanted) {
      if (!condition) fail(what, found, wanted)
    },
    async rejects(what, call, code) {
      let promise: PromiseLike<unknown>
      try {
        promise = call()
      } catch (error) {
        return fail(what, `${show(error)} thrown by the call itself`, `a promise that rejects with ${code}`)
      }
      try {
        await promise
      } catch (error) {
        return error instanceof Error && isRefusal(error, code) ? error : fail(what, show(error), code)
      }
      return fail(what, 'success', code)
    },
  }
}

function isRefusal(error: Error, code: Refusal): boolean {
  if (code === 'TypeError') return error instanceof TypeError
  return code === 'RangeError' ? error instanceof RangeError : isCacheError(error, code)
}

/** The error of a broken rule or property. */
export function violation(id: string, what: string, found: string, wanted: string, options?: ErrorOptions): Error {
  return new Error(`${id} ${what}: found ${found}, wanted ${wanted}`, options)
}

/** All bytes as hexadecimal digits, or length and checksum of many: short enough to print. */
export function describeBytes(bytes: Uint8Array | undefined): string {
  if (bytes === undefined) return 'absent'
  if (bytes.byteLength <= 40) return `<${Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')}>`
  let sum = 0x811c9dc5
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193) >>> 0
  return `<${bytes.byteLength} bytes, FNV ${sum.toString(16)}>`
}

function firstDifference(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < b.byteLength; i++) if (a[i] !== b[i]) return i
  return -1
}

function show(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`
  if (value instanceof Error) return isCacheError(value) ? `${value.code} (${value.message})` : String(value)
  if (typeof value !== 'string') return String(value)
  // Hostile keys must be legible in a terminal, and a long one must not fill the screen.
  const text = JSON.stringify(value).replace(/[^\x20-\x7e]/gu, char => `\\u{${char.codePointAt(0)?.toString(16)}}`)
  return text.length > 80 ? `${text.slice(0, 60)}... (${value.length} units)` : text
}
