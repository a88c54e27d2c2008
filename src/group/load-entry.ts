import type { CallSignal } from '../core/call-signal.ts'
import { withDeadline } from '../core/deadline.ts'
import { CacheError, type ErrorCode, isCacheError } from '../errors.ts'
import type { Entry } from './entry.ts'
import { entryUntil } from './entry.ts'
import { keyToBytes } from './group-key.ts'
import type { LoadedValue } from './group-options.ts'
import type { GroupSettings } from './group-settings.ts'

/** Time and chance, passed in. */
export interface Surroundings {
  /** Milliseconds since 1970. */
  readonly clock: () => number
  /** From 0 to below 1. */
  readonly random: () => number
}

// The wire and the store have 63 bits for nanoseconds: until the year 2262.
const maxExpiresAtMs = 9_223_372_036_854

/** What went wrong at a loader, rather than with the call: such an error may be covered up by an old value. */
const loadErrorCodes: readonly ErrorCode[] = ['LOAD_FAILED', 'TIMEOUT', 'VALUE_TOO_LARGE']

/** Whether `error` says that a loader failed, here or at the owner. */
export function isLoadError(error: unknown): error is CacheError {
  return loadErrorCodes.some(code => isCacheError(error, code))
}

/**
 * Asks the group's loader; `undefined` is "there is none". Rejects with `LOAD_FAILED` (the cause is what the loader
 * threw), `TIMEOUT`, `VALUE_TOO_LARGE`, or `ABORTED` when `signal` aborts.
 */
export async function loadEntry<T>(
  settings: GroupSettings<T>,
  surroundings: Surroundings,
  key: string,
  signal: CallSignal,
): Promise<Entry | undefined> {
  const { name, load, loadTimeoutMs } = settings
  const keyBytes = keyToBytes(key)
  return await withDeadline(`Load of group "${name}"`, loadTimeoutMs, signal, async ({ signal: loadSignal }) => {
    try {
      const loaded = await load(key, { signal: loadSignal, keyBytes })
      if (loaded === undefined) return undefined
      const { value, expiresAt } = isLoadedValue(loaded) ? loaded : { value: loaded, expiresAt: undefined }
      return value === undefined ? undefined : toEntry(settings, surroundings, value, expiresAt)
    } catch (cause) {
      if (isCacheError(cause, 'VALUE_TOO_LARGE')) throw cause
      throw new CacheError('LOAD_FAILED', `Load of group "${name}" failed: ${textOf(cause)}`, { cause })
    }
  })
}

/** The entry of a user's value. Throws what the codec throws, `VALUE_TOO_LARGE`, and for a bad `expiresAt`. */
export function toEntry<T>(
  settings: GroupSettings<T>,
  surroundings: Surroundings,
  value: T,
  expiresAt: Date | number | undefined,
): Entry {
  const bytes = settings.form.toBytes(value)
  checkValueSize(settings, bytes)
  if (expiresAt !== undefined) return entryUntil(bytes, instant(expiresAt))
  const { ttlMs, ttlJitter } = settings
  return entryUntil(bytes, limited(surroundings.clock() + ttlMs * (1 - ttlJitter * surroundings.random())))
}

/** Throws `VALUE_TOO_LARGE` for more bytes than the group takes. */
export function checkValueSize(settings: { readonly maxValueBytes: number }, bytes: Uint8Array): void {
  if (bytes.byteLength <= settings.maxValueBytes) return
  const message = `Value is ${bytes.byteLength} bytes, the limit is ${settings.maxValueBytes}`
  throw new CacheError('VALUE_TOO_LARGE', message)
}

/** The text of whatever was thrown. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

// A value and when it expires, and nothing else: a T of that form has to be wrapped into one.
function isLoadedValue<T>(loaded: T | LoadedValue<T>): loaded is LoadedValue<T> {
  if (typeof loaded !== 'object' || loaded === null || !('value' in loaded)) return false
  return Object.keys(loaded).every(name => name === 'value' || name === 'expiresAt')
}

function instant(expiresAt: Date | number): number {
  const ms: unknown = expiresAt instanceof Date ? expiresAt.getTime() : expiresAt
  if (typeof ms !== 'number') {
    throw new TypeError(`Option expiresAt must be a Date or milliseconds since 1970, received ${typeof ms}`)
  }
  if (Number.isNaN(ms)) throw new RangeError('Option expiresAt must be a time, received NaN')
  return limited(ms)
}

function limited(ms: number): number {
  return ms === Number.POSITIVE_INFINITY ? ms : Math.min(Math.max(ms, -maxExpiresAtMs), maxExpiresAtMs)
}
