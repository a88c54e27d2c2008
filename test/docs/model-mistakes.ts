import * as blob from '../../src/blob/index.ts'
import { GroupCache } from '../../src/group/index.ts'
import * as coldsnap from '../../src/index.ts'
import { FileStore } from '../../src/store/file-store.ts'
import { SyncedCache } from '../../src/synced/index.ts'

const { CacheError, isCacheError, keyed, MemoryStore, SnapshotCache } = coldsnap

/** What a coding model writes wrong, and right; `holds` shows that the sentence is true. */
export interface ModelMistake {
  readonly text: string
  holds(): boolean | Promise<boolean>
}

const throws = (run: () => unknown, type: new (...args: never[]) => Error): boolean => {
  try {
    run()
    return false
  } catch (error) {
    return error instanceof type
  }
}

/** The ten of docs/llms.txt. */
export const modelMistakes: readonly ModelMistake[] = [
  {
    text: 'Each part has an import of its own: `FileStore` is in `coldsnap/file`, `LevelStore` in `coldsnap/level`, `GroupNode` in `coldsnap/group/node`, `BlobCache` in `coldsnap/blob`; only `SnapshotCache`, `keyed`, `entries`, `plain`, `MemoryStore`, `PrefixStore`, `aesGcm`, `copySnapshot` and errors are in `coldsnap`. ESM only.',
    holds: () =>
      !('FileStore' in coldsnap) && !('BlobCache' in coldsnap) && 'aesGcm' in coldsnap && 'BlobCache' in blob,
  },
  {
    text: 'What opens something is an async static method, not `new`: `await FileStore.open(dir)`, `LevelStore.open`, `DiskBlobStore.open`, `GroupNode.listen`, `SyncedCache.open`. Caches over a store are made with `new SnapshotCache(store, options)`, `new BlobCache(store, options)`, `new GroupCache(options)`.',
    holds: () =>
      'open' in FileStore && 'open' in SyncedCache && throws(() => Reflect.construct(FileStore, ['dir']), TypeError),
  },
  {
    text: 'What is missing is `undefined`: not `null`, not an error. A store that fails rejects. Do not catch errors as misses.',
    holds: async () =>
      (await new MemoryStore().load('missing')) === undefined &&
      (await new SnapshotCache(new MemoryStore()).load()) === undefined,
  },
  {
    text: '`cache.load()` gives a snapshot, not the state: `(await cache.load())?.state`, with `ageMs`, `savedAt`, `generation`, `report` beside it. `cache.start(signal => fetch...)` does the whole start-up.',
    holds: async () => {
      const cache = new SnapshotCache<{ a: number }>(new MemoryStore())
      await cache.store({ a: 1 })
      const snapshot = (await cache.load())!
      return snapshot.state.a === 1 && 'ageMs' in snapshot && 'start' in cache
    },
  },
  {
    text: 'A `SnapshotCache` is no map of keys: there is no `get(key)` and no `set(key, value)`. It has `store(state)`, `update(columns)`, `patch(column, { set, remove })`, `load()`, `view()`. A `Store` has `list`, `load`, `store`, `remove`. Arrays get `keyed(id)`, objects and Maps `entries()`, under the option `columns`.',
    holds: () => {
      const cache = new SnapshotCache<{ a: { id: string }[] }>(new MemoryStore(), { columns: { a: keyed('id') } })
      return !('get' in cache) && !('set' in cache) && 'patch' in cache && !('get' in new MemoryStore())
    },
  },
  {
    text: 'Units are in the names, milliseconds and bytes: `ttlMs: 60_000`, `maxBytes: 64 << 20`. There is no `ttl`, `max` or `maxAge`, and an option that does not exist is a TypeError.',
    holds: () => throws(() => new SnapshotCache(new MemoryStore(), { ttl: 60 } as object), TypeError),
  },
  {
    text: 'Who opens closes: `cache.close()` leaves its store, transport or Redis client open. Close the cache first, then the store, or declare them with `await using` in the other order.',
    holds: async () => {
      const store = new MemoryStore()
      await new SnapshotCache(store).close()
      return (await store.load('a')) === undefined
    },
  },
  {
    text: 'The state may be changed in place, unless `immutable: true` says that it never is: then a change in place is missed. A state that came from `load()` and was not changed is not stored again (`skipped: "cached"`).',
    holds: async () => {
      const cache = new SnapshotCache<{ a: number[] }>(new MemoryStore())
      const state = { a: [1] }
      await cache.store(state)
      state.a.push(2)
      const { written } = await cache.store(state)
      const { skipped } = await cache.store((await cache.load())!.state)
      return written[0] === 'a' && skipped === 'cached'
    },
  },
  {
    text: 'Values of a group are `Uint8Array` unless it has a `codec`; `load` gives bytes, `{ value, expiresAt }` or `undefined`. `setPeers(list, { self })` needs to be told which peer this is, in the same spelling. Without `secret` or mutual TLS everybody who reaches the port can change values.',
    holds: async () => {
      await using cache = new GroupCache()
      const group = cache.group('g', { maxBytes: 100, load: () => Uint8Array.of(1) })
      return (
        (await group.get('a')) instanceof Uint8Array &&
        throws(() => cache.setPeers(['a:1'], { self: 'b:1' }), CacheError)
      )
    },
  },
  {
    text: 'Branch on codes by `isCacheError(error, "LOCKED")`, not on classes or messages. Mistakes of the caller are TypeError or RangeError and have no code.',
    holds: async () => {
      const error = await new SnapshotCache(new MemoryStore()).update({}).catch((each: unknown) => each)
      return (
        isCacheError(error, 'NOTHING_CACHED') && !isCacheError(error, 'LOCKED') && !isCacheError(new TypeError('a'))
      )
    },
  },
]
