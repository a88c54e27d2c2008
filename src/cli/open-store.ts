/// <reference types="node" />
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { CacheError, isCacheError } from '../errors.ts'
import { systemCode } from '../store/file-error.ts'
import type { Store } from '../store/store.ts'
import { wrongUsage } from './cli-failure.ts'
import type { CliIo } from './cli-io.ts'
import { type DirectoryKind, directoryKind } from './directory-kind.ts'
import { ReadOnlyStore } from './read-only-store.ts'
import { isRedisScheme, type RedisAddress, redisAddress } from './redis-address.ts'

/** A directory, or a Redis, as the command line names it. */
export interface DirectoryTarget {
  /** Absolute; of a Redis its address without the password. */
  readonly path: string
  readonly kind: DirectoryKind
  /** Of a Redis. */
  readonly address?: RedisAddress
}

/** A directory that is open as a store. */
export interface OpenStore {
  readonly path: string
  readonly kind: Exclude<DirectoryKind, 'blobs' | 'diskblob'>
  readonly store: Store
  /** Gives the directory back. */
  [Symbol.asyncDispose](): Promise<void>
}

/** What a command does with a directory; `'create'` also makes one. */
export type StoreMode = 'read' | 'write' | 'create'

/**
 * What `argument` names: a directory, whose kind is looked for, or `file:<directory>` or `level:<directory>`, or the
 * address of a Redis. With `'create'` a directory may be missing, and is a file store unless it says otherwise.
 */
export async function findDirectory(
  argument: string,
  io: Pick<CliIo, 'cwd' | 'env'>,
  mode: StoreMode = 'read',
): Promise<DirectoryTarget> {
  const [, scheme, rest = ''] = /^([a-z][a-z0-9+.-]+):(.*)$/.exec(argument) ?? []
  if (scheme !== undefined && isRedisScheme(scheme)) {
    const address = redisAddress(argument, io)
    return { path: address.label, kind: 'redis', address }
  }
  const named = scheme === undefined ? argument : rest
  if (named === '' || named.includes('\0')) wrongUsage('A directory must have a name')
  const path = resolve(io.cwd, named)
  if (scheme !== undefined && scheme !== 'file' && scheme !== 'level') {
    return wrongUsage(
      `Unknown kind of store ${scheme}: known are file:<dir>, level:<dir>, redis:// and redis+cluster://`,
    )
  }
  if (mode === 'create' && !(await exists(path))) return { path, kind: scheme ?? 'file' }
  const kind = await directoryKind(path)
  if (scheme === undefined || kind === scheme || (scheme === 'file' && kind === 'tailscale')) return { path, kind }
  // An empty directory may become either.
  if (scheme === 'level' && kind === 'file' && mode === 'create') return { path, kind: scheme }
  return wrongUsage(`${path} is no ${scheme} store: found a ${kind} directory`)
}

/** Opens the directory `target` as a store; to read a file store, no lock is needed and nothing on disk changes. */
export async function openStore(target: DirectoryTarget, mode: StoreMode, io: CliIo): Promise<OpenStore> {
  const { path, kind } = target
  if (kind === 'blobs' || kind === 'diskblob') {
    return wrongUsage(`${path} holds blobs: see coldsnap blob ls`)
  }
  const store = await openAs(kind, target, mode, io.signal).catch((error: unknown) => {
    if (!isCacheError(error, 'LOCKED')) throw error
    throw new CacheError('LOCKED', `Cannot open ${path}: another process holds it`, { cause: error })
  })
  return { path, kind, store, [Symbol.asyncDispose]: async () => await store.close?.() }
}

// Each kind is imported when it is opened: most commands are about one directory.
async function openAs(
  kind: OpenStore['kind'],
  { path, address }: DirectoryTarget,
  mode: StoreMode,
  signal: AbortSignal,
): Promise<Store> {
  if (kind === 'file' || kind === 'tailscale') {
    const { FileStore } = await import('../store/file-store.ts')
    return await FileStore.open(path, { readOnly: mode === 'read', signal })
  }
  // Neither can be opened for reading alone. LevelDB writes to open: what it keeps stays the same, its files may not.
  const store = kind === 'level' ? await openLevel(path, signal) : await openAddress(address!, signal)
  return mode === 'read' ? new ReadOnlyStore(store) : store
}

async function openLevel(path: string, signal: AbortSignal): Promise<Store> {
  const { LevelStore } = await import('../store/level-store.ts')
  return await LevelStore.open(path, { signal })
}

async function openAddress(address: RedisAddress, signal: AbortSignal): Promise<Store> {
  const { openRedis } = await import('./open-redis.ts')
  return await openRedis(address, signal)
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false
    // Opening it tells.
    return true
  }
}
