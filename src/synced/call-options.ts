import { isWellFormed, utf8Length } from '../bytes/utf8.ts'
import { checkBoolean, checkFunction, checkOneOf, checkOptionNames } from '../core/check.ts'
import { maxTimeoutMs } from '../core/deadline.ts'
import { CacheError } from '../errors.ts'
import { between, checkTtl } from './check-settings.ts'
import type { RemoteValue } from './remote-level.ts'
import type {
  LoadRequest,
  SyncedCallOptions,
  SyncedLoader,
  SyncedLoadOptions,
  SyncedSetOptions,
} from './synced-options.ts'
import type { SyncedSettings } from './synced-settings.ts'

/** How a value is written, without the value. */
export type WriteRules = Omit<RemoteValue, 'codec' | 'body'>

/** One way to load a value. */
export interface LoadJob {
  readonly load: (request: LoadRequest<unknown>) => unknown
  readonly rules: WriteRules
  readonly lease: boolean
  readonly leaseMs: number
  readonly timeoutMs: number
}

const callOptions = ['signal']
const setOptions = [...callOptions, 'ttlMs', 'staleMs', 'tags', 'broadcast']
const loadOptions = [...setOptions, 'lease', 'leaseMs', 'loadTimeoutMs']
const maxTags = 255
const maxTagBytes = 1024
const noTags: readonly string[] = []

/** Throws a TypeError for options that no call has. */
export function checkCallOptions(options: SyncedCallOptions): void {
  checkOptionNames(options, callOptions)
}

/** {@link SyncedSetOptions}, checked and completed from the options of the cache. */
export function writeRules(
  options: SyncedSetOptions,
  settings: SyncedSettings,
  known: readonly string[] = setOptions,
): WriteRules {
  checkOptionNames(options, known)
  const { ttlMs = settings.ttlMs, staleMs = settings.staleMs, tags = noTags, broadcast = 'value' } = options
  checkOneOf('broadcast', broadcast, ['value', 'key'])
  const rules = { ttlMs: checkTtl(ttlMs), staleMs: between('staleMs', staleMs, 0), tags: checkTags(tags), broadcast }
  settings.format.checkRules(rules)
  return rules
}

/** {@link SyncedLoadOptions} and the loader, checked and completed. */
export function loadJob<T>(loader: SyncedLoader<T>, options: SyncedLoadOptions, settings: SyncedSettings): LoadJob {
  checkFunction('loader', loader)
  const rules = writeRules(options, settings, loadOptions)
  const { lease = false, leaseMs = 5000, loadTimeoutMs = settings.loadTimeoutMs } = options
  checkBoolean('lease', lease)
  return {
    // The cache is of one type of values: what it holds is what its loaders take.
    load: request => loader(request as LoadRequest<T>),
    rules,
    lease,
    leaseMs: between('leaseMs', leaseMs, 10, maxTimeoutMs),
    timeoutMs: between('loadTimeoutMs', loadTimeoutMs, 1, settings.loadTimeoutMs),
  }
}

/** Throws unless `tag` is a string of 1 to 1,024 bytes without lone surrogates. */
export function checkTag(tag: string): void {
  if (typeof tag !== 'string') throw new TypeError(`Tag must be a string, received ${typeof tag}`)
  if (tag === '' || !isWellFormed(tag) || utf8Length(tag) > maxTagBytes) {
    throw new CacheError('INVALID_KEY', `Tag must be 1 to ${maxTagBytes} bytes of UTF-8 without lone surrogates`)
  }
}

/** A value and how it is written. A value that is `undefined` is a TypeError. */
export function remoteValue(value: unknown, rules: WriteRules, settings: SyncedSettings): RemoteValue {
  if (value === undefined) throw new TypeError('Value must not be undefined; delete() removes a key')
  const { codec, bytes } = settings.format.encode(value)
  // By name: a spread takes longer than all else here.
  const { ttlMs, staleMs, tags, broadcast } = rules
  return { codec, body: bytes, ttlMs, staleMs, tags, broadcast }
}

function checkTags(tags: readonly string[]): readonly string[] {
  if (!Array.isArray(tags)) throw new TypeError(`Option tags must be an array, received ${typeof tags}`)
  if (tags.length > maxTags) throw new RangeError(`Option tags must have at most ${maxTags}, received ${tags.length}`)
  for (const tag of tags) checkTag(tag)
  return tags.length === 0 ? noTags : [...new Set(tags)]
}
