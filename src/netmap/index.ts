import { checkOneOf, checkOptionNames } from '../core/check.ts'
import type { Store } from '../store/store.ts'
import { NetmapCache, type NetmapCacheOptions } from './netmap-cache.ts'
import { PlainNetmapCache, type PlainNetmapCacheOptions } from './plain-cache.ts'

export { ExactNumber } from '../codec/exact-number.ts'
export { stringifyExact } from '../codec/json-writer.ts'
export { parseExact } from '../codec/parse-exact.ts'
export type { LoadedNetmap, Netmap } from './netmap.ts'
export { NetmapCache, type NetmapCacheOptions } from './netmap-cache.ts'
export {
  PlainNetmapCache,
  type PlainNetmapCacheOptions,
  type PlainSnapshot,
  type PlainWriteResult,
} from './plain-cache.ts'
export type * from './tailcfg.ts'

/** Opens the cache of a Tailscale network map over `store`, which stays the caller's to close. */
export function netmapCache(store: Store, options?: SegmentedNetmapOptions): NetmapCache
export function netmapCache(store: Store, options: PlainNetmapOptions): PlainNetmapCache
export function netmapCache(
  store: Store,
  { layout = 'segmented', ...options }: SegmentedNetmapOptions | PlainNetmapOptions = {},
): NetmapCache | PlainNetmapCache {
  checkOneOf('layout', layout, ['segmented', 'plain'])
  if (layout === 'segmented') return new NetmapCache(store, options)
  checkOptionNames(options, ['onReport'])
  return new PlainNetmapCache(store, options)
}

/** The layout of every other snapshot cache: crash-safe, verified, small writes. */
export interface SegmentedNetmapOptions extends NetmapCacheOptions {
  /** How the map is stored. @default 'segmented' */
  readonly layout?: 'segmented'
}

/** The layout of Tailscale's own cache directory. */
export interface PlainNetmapOptions extends PlainNetmapCacheOptions {
  /** Says that the directory is Tailscale's own. */
  readonly layout: 'plain'
}
