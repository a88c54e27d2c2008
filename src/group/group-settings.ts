import { checkBoolean, checkFunction, checkInteger, checkOneOf, checkOptionNames } from '../core/check.ts'
import { maxTimeoutMs } from '../core/deadline.ts'
import type { EntryCacheFactory } from './entry-cache.ts'
import type { AfterRestart, GroupOptions, Load } from './group-options.ts'
import { LruCache } from './lru-cache.ts'
import { type ValueForm, valueForm } from './value-form.ts'

/** {@link GroupOptions}, checked and with the defaults filled in. */
export interface GroupSettings<T> {
  readonly name: string
  readonly load: Load<T>
  readonly form: ValueForm<T>
  readonly maxBytes: number
  /** `Infinity` is for ever. */
  readonly ttlMs: number
  readonly ttlJitter: number
  readonly staleMs: number
  readonly staleIfErrorMs: number
  readonly negativeTtlMs: number
  readonly refreshAheadMs: number
  readonly loadTimeoutMs: number
  readonly peerTimeoutMs: number
  readonly maxKeyBytes: number
  readonly maxValueBytes: number
  readonly persist: boolean
  readonly maxStoreBytes: number | undefined
  readonly afterRestart: AfterRestart
  readonly entryCache: EntryCacheFactory
  readonly promote: (key: string, byteLength: number) => boolean
}

const optionNames = [
  ...['load', 'maxBytes', 'codec', 'ttlMs', 'ttlJitter', 'staleMs', 'staleIfErrorMs', 'negativeTtlMs'],
  ...['refreshAheadMs', 'loadTimeoutMs', 'peerTimeoutMs', 'maxKeyBytes', 'maxValueBytes', 'persist', 'maxStoreBytes'],
  ...['afterRestart', 'entryCache', 'promote'],
]

const MiB = 2 ** 20

/** Throws a TypeError or RangeError for options that no group can have. */
export function groupSettings<T>(name: string, options: GroupOptions<T>): GroupSettings<T> {
  checkOptionNames(options, optionNames)
  const { codec, ttlMs, persist = true, afterRestart = 'revalidate', maxStoreBytes } = options
  checkFunction('load', options.load)
  checkInteger('maxBytes', options.maxBytes, 0)
  if (maxStoreBytes !== undefined && maxStoreBytes !== Number.POSITIVE_INFINITY) {
    checkInteger('maxStoreBytes', maxStoreBytes, 0)
  }
  checkBoolean('persist', persist)
  checkOneOf('afterRestart', afterRestart, ['revalidate', 'trust', 'discard'])
  if (ttlMs !== undefined) checkInteger('ttlMs', ttlMs, 1)
  const settings: GroupSettings<T> = {
    name,
    load: options.load,
    form: valueForm(codec),
    maxBytes: options.maxBytes,
    ttlMs: ttlMs ?? Number.POSITIVE_INFINITY,
    ttlJitter: share('ttlJitter', options.ttlJitter ?? 0.1),
    staleMs: atLeast('staleMs', options.staleMs ?? 0, 0),
    staleIfErrorMs: atLeast('staleIfErrorMs', options.staleIfErrorMs ?? 0, 0),
    negativeTtlMs: atLeast('negativeTtlMs', options.negativeTtlMs ?? 0, 0),
    refreshAheadMs: atLeast('refreshAheadMs', options.refreshAheadMs ?? 0, 0),
    loadTimeoutMs: timeout('loadTimeoutMs', options.loadTimeoutMs ?? 30_000),
    peerTimeoutMs: timeout('peerTimeoutMs', options.peerTimeoutMs ?? 5_000),
    maxKeyBytes: atLeast('maxKeyBytes', options.maxKeyBytes ?? 1024, 1),
    maxValueBytes: atLeast('maxValueBytes', options.maxValueBytes ?? 64 * MiB, 0),
    persist,
    maxStoreBytes,
    afterRestart,
    entryCache: options.entryCache ?? (cacheOptions => new LruCache(cacheOptions)),
    promote: options.promote ?? (() => true),
  }
  checkFunction('entryCache', settings.entryCache)
  checkFunction('promote', settings.promote)
  // Such a value would be loaded again by every get.
  if (settings.refreshAheadMs >= settings.ttlMs) throw new RangeError('Option refreshAheadMs must be less than ttlMs')
  return settings
}

function atLeast(name: string, value: number, min: number): number {
  checkInteger(name, value, min)
  return value
}

function timeout(name: string, value: number): number {
  checkInteger(name, value, 1)
  if (value > maxTimeoutMs) throw new RangeError(`Option ${name} must be at most ${maxTimeoutMs}, received ${value}`)
  return value
}

function share(name: string, value: number): number {
  if (typeof value !== 'number') throw new TypeError(`Option ${name} must be a number, received ${typeof value}`)
  if (!(value >= 0 && value <= 1)) throw new RangeError(`Option ${name} must be from 0 to 1, received ${value}`)
  return value
}
