import type { BlobMeta } from '../../src/blob/blob-meta.ts'
import { makeBlobMeta } from '../../src/blob/blob-meta.ts'
import type { BlobLease, BlobLeaseOptions, BlobStore, LoadedBlob } from '../../src/blob/blob-store.ts'
import { MemoryBlobStore } from '../../src/blob/memory-blob-store.ts'
import { storeBlobs } from '../../src/blob/store-blobs.ts'
import { storedBlobKeys } from '../../src/blob/stored-blob-keys.ts'
import type { BlobHandle, BlobRule } from '../../src/contract/index.ts'
import { abortedBy } from '../../src/core/abortable.ts'
import { CacheError } from '../../src/errors.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { damageStored, storeKeys } from './stored-damage.ts'

/** A broken blob store. */
export interface BlobMutant {
  readonly what: string
  /** A rule that it breaks; it may break others too. */
  readonly rule: BlobRule
  readonly open: () => BlobHandle
}

/** A sound store whose methods may be replaced, on a medium that outlives it. */
export function soundHandle(): BlobHandle & { readonly medium: MemoryStore } {
  const medium = new MemoryStore()
  const again = async (): Promise<BlobStore> => storeBlobs(medium)
  return {
    medium,
    store: storeBlobs(medium),
    reopen: again,
    crash: again,
    another: again,
    damage: async (namespace, key) => await damageStored(medium, namespace, key),
    pieces: async () => (await storeKeys(medium)).length,
  }
}

type Methods = Partial<BlobStore>

function mutant(what: string, rule: BlobRule, change: (sound: BlobStore, handle: BlobHandle) => Methods): BlobMutant {
  const open = (): BlobHandle => {
    const handle = soundHandle()
    const { store } = handle
    const methods = change(store, handle)
    // A bound copy of all methods of the sound one, some replaced.
    const all: BlobStore = {
      get: store.get.bind(store),
      put: store.put.bind(store),
      open: store.open.bind(store),
      putStream: store.putStream.bind(store),
      delete: store.delete.bind(store),
      deleteNamespace: store.deleteNamespace.bind(store),
      list: store.list.bind(store),
      head: store.head!.bind(store),
      touch: store.touch!.bind(store),
      sweep: store.sweep!.bind(store),
      close: store.close!.bind(store),
      ...methods,
    }
    return { ...handle, store: all }
  }
  return { what, rule, open }
}

/** A store in memory without any conversion, of which a subclass breaks something. */
function inMemory(what: string, rule: BlobRule, Store: new () => BlobStore): BlobMutant {
  return { what, rule, open: () => ({ store: new Store() }) }
}

const changed = (meta: BlobMeta, fields: Partial<BlobMeta>): BlobMeta => Object.freeze({ ...meta, ...fields })

export const blobMutants: readonly BlobMutant[] = [
  mutant('forgets the content type', 'B1', s => ({
    get: async (...args) => {
      const found = await s.get(...args)
      return found && { ...found, meta: changed(found.meta, { contentType: '' }) }
    },
  })),
  mutant('tells another time by put() than by get()', 'B1', s => ({
    put: async (...args) => {
      const meta = await s.put(...args)
      return changed(meta, { updatedAt: new Date(meta.updatedAt.getTime() + 1) })
    },
  })),
  mutant('writes the etag in upper case', 'B2', s => ({
    put: async (...args) => {
      const meta = await s.put(...args)
      return changed(meta, { etag: meta.etag.toUpperCase() })
    },
  })),
  mutant('takes the empty body for none', 'B2', s => ({
    get: async (...args) => {
      const found = await s.get(...args)
      return found?.meta.size === 0 ? undefined : found
    },
  })),
  mutant('makes an error of a missing blob', 'B3', s => ({
    get: async (...args) => {
      const found = await s.get(...args)
      if (found === undefined) throw new Error('There is none')
      return found
    },
  })),
  mutant('says that it deleted what was not there', 'B3', s => ({
    delete: async (...args) => {
      await s.delete(...args)
      return true
    },
  })),
  mutant('merges the metadata of the old blob', 'B4', s => ({
    put: async (namespace, key, body, options) => {
      const old = (await s.get(namespace, key))?.meta.metadata
      return await s.put(namespace, key, body, { ...options, metadata: { ...old, ...options?.metadata } })
    },
  })),
  mutant('deletes all namespaces for one', 'B5', s => ({
    deleteNamespace: async (namespace, options) => {
      const count = await s.deleteNamespace(namespace, options)
      for (const other of ['one', 'two']) await s.deleteNamespace(other)
      return count
    },
  })),
  mutant('lists in the order of UTF-16 units', 'B6', s => ({
    async *list(...args) {
      const all = []
      for await (const each of s.list(...args)) all.push(each)
      yield* all.sort((a, b) => (a.key < b.key ? -1 : 1))
    },
  })),
  mutant('takes a prefix for a directory', 'B6', s => ({
    async *list(namespace, options = {}) {
      const { prefix = '' } = options
      for await (const each of s.list(namespace, options)) {
        if (prefix === '' || prefix.endsWith('/') || each.key === prefix || each.key.startsWith(`${prefix}/`))
          yield each
      }
    },
  })),
  mutant('keeps what a failing source gave', 'B7', s => ({
    putStream: async (namespace, key, body, options) => {
      const salvaged = async function* (): AsyncGenerator<Uint8Array> {
        try {
          yield* body
        } catch {}
      }
      return await s.putStream(namespace, key, salvaged(), options)
    },
  })),
  mutant('keeps the chunks of its source without copying them', 'B7', s => ({
    putStream: async (namespace, key, body, options) => {
      const chunks: Uint8Array[] = []
      for await (const chunk of body) chunks.push(chunk)
      const late = async function* (): AsyncGenerator<Uint8Array> {
        yield* chunks
      }
      return await s.putStream(namespace, key, late(), options)
    },
  })),
  {
    what: 'leaves the chunks of a failed put',
    rule: 'B7',
    open: () => {
      const handle = soundHandle()
      const putStream = handle.store.putStream.bind(handle.store)
      handle.store.putStream = async (...args) => {
        try {
          return await putStream(...args)
        } catch (error) {
          await handle.medium.store(`left ${Math.random()}`, new Uint8Array(1))
          throw error
        }
      }
      return handle
    },
  },
  mutant('checks names only when it puts', 'B8', s => ({
    get: async (namespace, key, options) => (key.includes('..') ? undefined : await s.get(namespace, key, options)),
  })),
  mutant('lists a namespace that escapes', 'B8', s => ({
    async *list(namespace, options) {
      if (!namespace.includes('..')) yield* s.list(namespace, options)
    },
  })),
  inMemory(
    'gives out the bytes that it keeps',
    'B9',
    class extends MemoryBlobStore {
      readonly #given = new Map<string, LoadedBlob>()
      override async get(...args: Parameters<BlobStore['get']>): Promise<LoadedBlob | undefined> {
        const found = await super.get(...args)
        if (found === undefined) return undefined
        const given = this.#given.get(found.meta.etag) ?? found
        this.#given.set(found.meta.etag, given)
        return { ...found, bytes: given.bytes }
      }
    },
  ),
  mutant('mixes the metadata of one put with the body of another', 'B10', s => {
    let last: BlobMeta | undefined
    return {
      put: async (...args) => {
        const meta = await s.put(...args)
        last ??= meta
        return makeBlobMeta(meta.size, last.etag, meta.updatedAt.getTime(), meta)
      },
    }
  }),
  mutant('hides what has expired', 'B11', s => ({
    get: async (...args) => {
      const found = await s.get(...args)
      return found?.meta.expiresAt !== undefined && found.meta.expiresAt.getTime() < Date.now() ? undefined : found
    },
  })),
  {
    what: 'keeps nothing for the next process',
    rule: 'B16',
    open: () => ({ ...soundHandle(), reopen: async () => storeBlobs(new MemoryStore()) }),
  },
  mutant('replaces a blob by deleting it first, and reads the two halves apart', 'B19', s => ({
    get: async (namespace, key, options) => {
      const meta = (await s.get(namespace, key, options))?.meta
      await new Promise(resolve => setTimeout(resolve, 0))
      const bytes = (await s.get(namespace, key, options))?.bytes
      return meta && { meta, bytes: bytes ?? new Uint8Array(0) }
    },
  })),
  mutant('fails a listing when a blob goes meanwhile', 'B20', s => ({
    async *list(namespace, options) {
      const keys: string[] = []
      for await (const { key } of s.list(namespace, options)) keys.push(key)
      await new Promise(resolve => setTimeout(resolve, 0))
      for (const key of keys) {
        const found = await s.get(namespace, key, options)
        if (found === undefined) throw new Error('The sidecar is missing')
        yield { key, meta: found.meta }
      }
    },
  })),
  {
    what: 'publishes a blob before it is whole',
    rule: 'B21',
    open: () => {
      const handle = soundHandle()
      const putStream = handle.store.putStream.bind(handle.store)
      handle.store.putStream = async (namespace, key, body, options) => {
        const early = async function* (): AsyncGenerator<Uint8Array> {
          for await (const chunk of body) {
            await handle.store.put(namespace, key, chunk)
            yield chunk
          }
        }
        return await putStream(namespace, key, early(), options)
      }
      return handle
    },
  },
  {
    what: 'makes an error of a damaged blob',
    rule: 'B22',
    open: () => {
      const handle = soundHandle()
      const get = handle.store.get.bind(handle.store)
      const known = new Set<string>()
      const damage = handle.damage!
      handle.damage = async (namespace, key) => {
        known.add(key)
        await damage(namespace, key)
      }
      handle.store.get = async (namespace, key, options) => {
        const found = await get(namespace, key, options)
        if (found === undefined && known.has(key)) throw new Error('The digest is wrong')
        return found
      }
      return handle
    },
  },
  mutant('folds the case of keys', 'B23', s => ({
    get: async (namespace, key, options) => await s.get(namespace, key.toLowerCase(), options),
  })),
  mutant('takes a namespace for the beginning of a path', 'B24', s => ({
    get: async (namespace, key, options) =>
      (await s.get(namespace, key, options)) ?? (await s.get('cost', `${namespace}/${key}`.slice(5), options)),
    deleteNamespace: async (namespace, options) => {
      const count = await s.deleteNamespace(namespace, options)
      if (namespace === 'cost') await s.deleteNamespace('cost/pricing', options)
      return count
    },
  })),
  mutant('remembers what it has seen', 'B25', s => {
    const seen = new Map<string, LoadedBlob | undefined>()
    return {
      get: async (namespace, key, options) => {
        const name = JSON.stringify([namespace, key])
        if (!seen.has(name)) seen.set(name, await s.get(namespace, key, options))
        return seen.get(name)
      },
    }
  }),
  mutant('ignores signals', 'B27', s => ({
    get: async (namespace, key) => await s.get(namespace, key),
  })),
  mutant('hears of an abort only when the source has gone on', 'B27', s => ({
    putStream: async (namespace, key, body, options = {}) => {
      const { signal, ...rest } = options
      signal?.throwIfAborted()
      return await s.putStream(namespace, key, body, rest)
    },
  })),
  mutant('loses the reason of an abort', 'B27', s => ({
    delete: async (namespace, key, options = {}) => {
      const signal = options.signal?.aborted ? AbortSignal.abort() : options.signal
      return await s.delete(namespace, key, { ...options, signal })
    },
  })),
  mutant('decides a condition before it writes', 'B30', s => ({
    put: async (namespace, key, body, options = {}) => {
      const { ifMatch, ifNoneMatch, ...rest } = options
      const conditions = { ...(ifMatch && { ifMatch }), ...(ifNoneMatch && { ifNoneMatch }) }
      const now = await s.get(namespace, key)
      const isRight =
        (ifMatch === undefined || now?.meta.etag === ifMatch) &&
        (ifNoneMatch === undefined || now === undefined || (ifNoneMatch !== '*' && ifNoneMatch !== now.meta.etag))
      return await s.put(namespace, key, body, isRight ? rest : { ...rest, ...conditions })
    },
  })),
  mutant('takes the end of a range for its last byte', 'B30', s => ({
    open: async (namespace, key, options = {}) =>
      await s.open(namespace, key, options.end === undefined ? options : { ...options, end: options.end + 1 }),
  })),
  mutant('takes any body', 'B31', s => ({
    put: async (namespace, key, body, options) => await s.put(namespace, key, new Uint8Array(body), options),
  })),
  mutant('works on after close()', 'B32', () => ({ close: async () => undefined })),
  mutant('deletes whatever is there', 'B33', s => ({
    delete: async (namespace, key, options = {}) => await s.delete(namespace, key, { signal: options.signal }),
  })),
  mutant('keeps U+FFFD for a lone surrogate', 'B35', s => ({
    put: async (namespace, key, body, options = {}) => {
      const contentType = options.contentType && new TextDecoder().decode(new TextEncoder().encode(options.contentType))
      return await s.put(namespace, key, body, { ...options, contentType })
    },
  })),
  mutant('drops metadata when it touches', 'B34', s => ({
    touch: async (namespace, key, options) => {
      const old = await s.get(namespace, key)
      if (old?.meta.etag !== options.ifMatch) return await s.touch!(namespace, key, options)
      return await s.put(namespace, key, old.bytes, { expiresAt: options.expiresAt })
    },
  })),
  mutant('takes no notice of the prefix of keys', 'B37', s => ({
    async *keys(namespace, options) {
      for await (const { key } of s.list(namespace, { ...options, prefix: '' })) yield key
    },
  })),
  inMemory(
    'gives a lease to everybody',
    'B36',
    class extends MemoryBlobStore {
      override async lease(): Promise<BlobLease> {
        return { release: async () => undefined }
      }
    },
  ),
  inMemory(
    'has one lease for all keys',
    'B36',
    class extends MemoryBlobStore {
      override async lease(namespace: string, _: string, options?: BlobLeaseOptions): Promise<BlobLease> {
        return await super.lease(namespace, 'one', options)
      }
    },
  ),
  inMemory(
    'gives a lease to who waits no more',
    'B36',
    class extends MemoryBlobStore {
      override async lease(namespace: string, key: string, options: BlobLeaseOptions = {}): Promise<BlobLease> {
        const waiting = super.lease(namespace, key)
        const timer = new Promise<never>((_, reject) => {
          options.signal?.addEventListener('abort', () => reject(abortedBy(options.signal)), { once: true })
          if (options.waitMs === undefined) return
          setTimeout(() => reject(new CacheError('TIMEOUT', 'Too late')), options.waitMs)
        })
        return await Promise.race([waiting, timer])
      }
    },
  ),
  {
    what: 'sweeps what is being written',
    rule: 'B34',
    open: () => {
      const handle = soundHandle()
      handle.store.sweep = async namespace => {
        const keys = await storeKeys(handle.medium, storedBlobKeys(namespace).chunks)
        for (const key of keys) await handle.medium.remove(key)
        return keys.length
      }
      return handle
    },
  },
]
