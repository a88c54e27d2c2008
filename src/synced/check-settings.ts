import { toHex } from '../bytes/hex.ts'
import { utf8Length } from '../bytes/utf8.ts'
import { codecNames } from '../codec/codec.ts'
import { checkBoolean, checkFunction, checkInteger, checkOneOf, checkOptionNames, checkPrefix } from '../core/check.ts'
import { maxTimeoutMs } from '../core/deadline.ts'
import { goFormat } from './go/go-format.ts'
import { goChannel } from './go/go-settings.ts'
import { lru } from './lru.ts'
import { nativeFormat } from './synced-format.ts'
import type { SyncedOptions } from './synced-options.ts'
import type { SyncedSettings } from './synced-settings.ts'

const optionNames = [
  ...['redis', 'remote', 'prefix', 'local', 'ttlMs', 'localTtlMs', 'staleMs', 'timeoutMs', 'loadTimeoutMs'],
  ...['inlineBytes', 'codec'],
  ...['values', 'partitions', 'heartbeatMs', 'degraded', 'reader', 'compat', 'channel', 'clearWithoutPrefix'],
  ...['id', 'logger', 'onError', 'onSetLocal', 'wrapRemote', 'breaker', 'maxPending', 'clock', 'random'],
]

const forGo = ['channel', 'clearWithoutPrefix'] as const
const notForGo = ['codec', 'partitions'] as const

const MiB = 2 ** 20
const maxPrefixBytes = 200
const maxIdBytes = 200

/** Throws a TypeError or RangeError for options that no cache can have. */
export function checkSettings(options: SyncedOptions): SyncedSettings {
  checkOptionNames(options, optionNames)
  const { compat, partitions, logger, codec = 'auto', local = { maxBytes: 64 * MiB }, breaker = {} } = options
  if ((options.redis === undefined) === (options.remote === undefined)) {
    throw new TypeError('Options must have either redis or remote')
  }
  if (options.remote !== undefined) checkFunction('remote', options.remote)
  if (compat !== undefined) checkOneOf('compat', compat, ['go'])
  checkOneOf('codec', codec, codecNames)
  for (const name of compat === undefined ? forGo : notForGo) {
    if (options[name] === undefined) continue
    throw new TypeError(`Option ${name} can be used only ${compat === undefined ? 'with' : 'without'} compat 'go'`)
  }
  if (partitions !== undefined) between('partitions', partitions, 1, 65_535)
  for (const name of ['onError', 'onSetLocal', 'wrapRemote', 'clock', 'random'] as const) {
    if (options[name] !== undefined) checkFunction(name, options[name])
  }
  if (logger !== undefined) {
    for (const name of ['info', 'warn'] as const) checkFunction(`logger.${name}`, logger[name])
  }
  const timeoutMs = between('timeoutMs', options.timeoutMs ?? 1_000, 1, maxTimeoutMs)
  const loadTimeoutMs = between('loadTimeoutMs', options.loadTimeoutMs ?? 30_000, 1, maxTimeoutMs)
  const settings: SyncedSettings = {
    prefix: prefixOf(options),
    local: typeof local === 'function' ? local : lru(local),
    ttlMs: checkTtl(options.ttlMs) ?? Number.POSITIVE_INFINITY,
    localTtlMs: between('localTtlMs', options.localTtlMs ?? 60_000, 1),
    staleMs: between('staleMs', options.staleMs ?? 0, 0),
    timeoutMs,
    inlineBytes: between('inlineBytes', options.inlineBytes ?? 4096, 0),
    format: compat === 'go' ? goFormat : nativeFormat(codec),
    values: options.values ?? 'frozen',
    partitions,
    heartbeatMs: between('heartbeatMs', options.heartbeatMs ?? 500, 10, maxTimeoutMs),
    loadTimeoutMs,
    // The read before the load and the write after it take their time as well.
    tombstoneMs: loadTimeoutMs + 2 * timeoutMs,
    degraded: options.degraded ?? false,
    reader: options.reader ?? false,
    compat,
    channel: text('channel', options.channel ?? goChannel, 1024),
    clearWithoutPrefix: options.clearWithoutPrefix ?? false,
    id: text('id', options.id ?? randomId(), maxIdBytes),
    logger,
    onError: options.onError,
    onSetLocal: options.onSetLocal,
    breaker,
    maxPending: between('maxPending', options.maxPending ?? 10_000, 1),
    clock: options.clock ?? Date.now,
    random: options.random ?? Math.random,
  }
  checkOneOf('values', settings.values, ['frozen', 'copied'])
  checkBoolean('degraded', settings.degraded)
  checkBoolean('reader', settings.reader)
  checkBoolean('clearWithoutPrefix', settings.clearWithoutPrefix)
  settings.format.checkRules({ tags: [], staleMs: settings.staleMs })
  return settings
}

/** A `ttlMs`, checked; `Infinity` is for ever, as `undefined` is. */
export function checkTtl(ttlMs: number | undefined): number | undefined {
  if (ttlMs === undefined || ttlMs === Number.POSITIVE_INFINITY) return undefined
  return between('ttlMs', ttlMs, 1)
}

/** An integer in a range, checked. */
export function between(name: string, value: number, min: number, max: number = Number.MAX_SAFE_INTEGER): number {
  checkInteger(name, value, min)
  if (value > max) throw new RangeError(`Option ${name} must be at most ${max}, received ${value}`)
  return value
}

function prefixOf({ prefix = '', compat }: SyncedOptions): string {
  checkPrefix(prefix)
  if (prefix === '' && compat === undefined) throw new TypeError('Option prefix is missing')
  if (/[{}]/.test(prefix)) throw new RangeError('Option prefix must not hold braces')
  if (utf8Length(prefix) > maxPrefixBytes) throw new RangeError(`Option prefix must be at most ${maxPrefixBytes} bytes`)
  return prefix
}

function text(name: string, value: string, maxBytes: number): string {
  if (typeof value !== 'string') throw new TypeError(`Option ${name} must be a string, received ${typeof value}`)
  if (value === '' || utf8Length(value) > maxBytes) {
    throw new RangeError(`Option ${name} must be 1 to ${maxBytes} bytes, received ${utf8Length(value)}`)
  }
  return value
}

function randomId(): string {
  // Of bytes that are sent as text in the events of the native mode.
  return toHex(crypto.getRandomValues(new Uint8Array(8)).map(byte => byte & 0x7f))
}
