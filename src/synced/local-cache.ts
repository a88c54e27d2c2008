/** An entry of a {@link LocalCache}. Only its size matters to the cache. */
export interface LocalEntry {
  /** Bytes that count against the budget: key, encoded value and overhead. Does not change. */
  readonly byteLength: number
}

/** What a {@link LocalCache} counts. */
export interface LocalCacheStats {
  /** Bytes held now. */
  readonly bytes: number
  /** Entries held now. */
  readonly items: number
  /** Entries that left, or were refused, to keep the budget. */
  readonly evictions: number
}

/**
 * Which entries this process keeps when the byte budget is used up. Knows neither time nor versions: the cache above does.
 * Rules are in `coldsnap/contract`.
 */
export interface LocalCache<E extends LocalEntry = LocalEntry> {
  /** The entry, which now counts as used. */
  get(key: string): E | undefined
  /** The entry, without a trace of the look. */
  peek(key: string): E | undefined
  /** Keeps an entry in place of the present one; it may be refused or make others go, told by `onEvict`. */
  set(key: string, entry: E): void
  /** Removes an entry; gives whether there was one. */
  delete(key: string): boolean
  /** Removes all entries. */
  clear(): void
  /** Its numbers now. */
  stats(): LocalCacheStats
}

/** Options that a {@link LocalCacheFactory} gets. */
export interface LocalCacheOptions<E extends LocalEntry = LocalEntry> {
  /** Called for each entry that goes, or is refused, to keep the budget; not for deletes, clears and replacements. */
  readonly onEvict: (key: string, entry: E) => void
}

/** Makes a local level: `lru({ maxBytes })`, `tinyLfu({ maxBytes })`, or one's own. */
export type LocalCacheFactory = <E extends LocalEntry>(options: LocalCacheOptions<E>) => LocalCache<E>
