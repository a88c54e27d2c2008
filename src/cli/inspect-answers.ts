// What the page of `coldsnap inspect` is answered, as far as it shows it.

/** One generation of a cache. */
export interface Generation {
  readonly generation: number
  readonly status: string
  readonly savedAt?: string
  readonly ageMs?: number
  readonly bytes?: number
  readonly columns?: readonly string[]
  readonly sealed?: boolean
}

/** A cache, its generations newest first. */
export interface Cache {
  readonly name: string
  readonly generations: readonly Generation[]
}

/** The answer to `listing`. */
export interface Listing {
  readonly directory: string
  readonly kind: string
  readonly caches: readonly Cache[]
  readonly groups: readonly { readonly name: string; readonly records: number }[]
  readonly blobs: readonly { readonly namespace: string; readonly count: number; readonly bytes: number }[]
  readonly otherKeys: number
}

/** A column of the answer to `state`. */
export interface Column {
  readonly name: string
  readonly shape: string
  readonly count: number
  readonly bytes: number
}

/** The answer to `column`. */
export interface Rows {
  readonly shape: string
  readonly total: number
  readonly elements: readonly (readonly [key: string, value: unknown])[]
}

/** A problem. */
export interface Found {
  readonly code: string
  readonly message: string
  readonly generation?: number
  readonly namespace?: string
}

/** The answer to `verify`. */
export interface Verified {
  readonly ok: boolean
  readonly caches: readonly {
    readonly cache: string
    readonly whole: readonly number[]
    readonly problems: readonly Found[]
    readonly unused: readonly string[]
  }[]
  readonly records: readonly Found[]
  readonly blobs: { readonly count: number; readonly problems: readonly Found[] }
}
