import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseExact } from '../../src/codec/parse-exact.ts'
import type { Netmap } from '../../src/netmap/netmap.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import type { Store } from '../../src/store/store.ts'

const root = fileURLToPath(new URL('../../fixtures/netmapcache/', import.meta.url))

/** The recorded cases: directories with `dir/` and `loaded.json`. */
export const cases = ['fuzz-11', 'fuzz-12', 'fuzz-13', 'fuzz-14', 'fuzz-15', 'fuzz-16', 'realistic'] as const

export const steps = ['0-store', '1-update-peers', '2-update-self', '3-store-other'] as const

export function fixture(...path: string[]): string {
  return join(root, ...path)
}

export async function readJson<T>(...path: string[]): Promise<T> {
  return parseExact(await readFile(fixture(...path), 'utf8')) as T
}

/** The records of a directory as Go names them, by key, as text. */
export async function readRecords(directory: string): Promise<Map<string, string>> {
  const records = new Map<string, string>()
  for (const name of (await readdir(directory)).sort()) {
    // What is not named in hex is no record.
    if (!/^(?:[0-9a-f]{2})+$/.test(name)) continue
    records.set(Buffer.from(name, 'hex').toString(), await readFile(join(directory, name), 'utf8'))
  }
  return records
}

export async function storeOf(records: ReadonlyMap<string, string>): Promise<MemoryStore> {
  const store = new MemoryStore()
  for (const [key, text] of records) await store.store(key, new TextEncoder().encode(text))
  return store
}

export async function recordsOf(store: Store): Promise<Map<string, string>> {
  const records = new Map<string, string>()
  for await (const key of store.list('')) records.set(key, new TextDecoder().decode(await store.load(key)))
  return records
}

/** A loaded state as the live state it was, so that it is stored. */
export function asFresh(netmap: Netmap): Netmap {
  return { ...netmap, Cached: false }
}

export async function withDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'coldsnap-netmap-'))
  try {
    return await use(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** A store with only the four methods, so that the way without `batch` and `loadMany` is taken. */
export function fourMethods(store: Store): Store {
  return {
    list: (prefix, options) => store.list(prefix, options),
    load: (key, options) => store.load(key, options),
    store: (key, value, options) => store.store(key, value, options),
    remove: (key, options) => store.remove(key, options),
  }
}

/** A store that tells its calls, and fails those that `failing` names. */
export function watched(inner: Store): { store: Store; calls: string[]; failing: Set<string> } {
  const calls: string[] = []
  const failing = new Set<string>()
  const told = async <T>(call: string, act: () => Promise<T>): Promise<T> => {
    calls.push(call)
    if (failing.has(call)) throw Object.assign(new Error(`failed ${call}`), { name: 'CacheError', code: 'STORE_FULL' })
    return act()
  }
  const store: Store = {
    list: prefix => inner.list(prefix),
    load: key => told(`load ${key}`, () => inner.load(key)),
    store: (key, value) => told(`store ${key}`, () => inner.store(key, value)),
    remove: key => told(`remove ${key}`, () => inner.remove(key)),
  }
  return { store, calls, failing }
}

export function encodeText(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
