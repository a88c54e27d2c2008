/** A cache in memory over Redis, opened. */
export interface OpenedCache {
  get(key: string): Promise<unknown>
  set(key: string, value: unknown): Promise<unknown>
  close(): Promise<void>
}

/** One way to set up a cache. */
export interface Contender {
  readonly id: string
  readonly title: string
  /** Whether what a caller does to a value changes the cache: `none` of the callers' objects is shared. */
  readonly safety: 'frozen' | 'copied' | 'shared'
  /** `items`: how many entries the memory has room for. */
  open(url: string, items: number): Promise<OpenedCache>
}

/** The value of every key: about one KiB of JSON. */
export function benchValue(i: number): { readonly [name: string]: unknown } {
  return {
    id: i,
    name: `Product ${i}`,
    price: 1999,
    tags: ['new', 'sale', 'garden'],
    stock: { warehouse: 12, shop: 3, reserved: [1, 2, 3] },
    text: 'x'.repeat(800),
  }
}
