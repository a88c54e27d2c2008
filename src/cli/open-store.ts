/// <reference types="node" />
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { CacheError, isCacheError } from '../errors.ts'
import { systemCode } from '../store/file-error.ts'
import { FileStore } from '../store/file-store.ts'
import { LevelStore } from '../store/level-store.ts'
import type { Store } from '../store/store.ts'
import { wrongUsage } from './cli-failure.ts'
import type { CliIo } from './cli-io.ts'
import { type DirectoryKind, directoryKind } from './directory-kind.ts'
import { ReadOnlyStore } from './read-only-store.ts'

/** A directory as the command line names it. */
export interface DirectoryTarget {
  /** Absolute. */
  readonly path: string
  readonly kind: DirectoryKind
}

/** A directory that is open as a store. */
export interface OpenStore extends DirectoryTarget {
  readonly kind: 'file' | 'level' | 'tailscale'
  readonly store: Store
  /** Gives the directory back. */
  [Symbol.asyncDispose](): Promise<void>
}

/** What a command does with a directory; `'create'` also makes one. */
export type StoreMode = 'read' | 'write' | 'create'

/**
 * What `argument` names: a directory, whose kind is looked for, or `file:<directory>` or `level:<directory>`. With
 * `'create'` it may be missing, and is a file store unless it says otherwise.
 */
export async function findDirectory(
  argument: string,
  { cwd }: Pick<CliIo, 'cwd'>,
  mode: StoreMode = 'read',
): Promise<DirectoryTarget> {
  const [, scheme, rest = ''] = /^([a-z][a-z0-9+.-]+):(.*)$/.exec(argument) ?? []
  const named = scheme === undefined ? argument : rest
  if (named === '' || named.includes('\0')) wrongUsage('A directory must have a name')
  const path = resolve(cwd, named)
  if (scheme !== undefined && scheme !== 'file' && scheme !== 'level') {
    return wrongUsage(`Unknown kind of store ${scheme}: known are file:<dir> and level:<dir>`)
  }
  if (mode === 'create' && !(await exists(path))) return { path, kind: scheme ?? 'file' }
  const kind = await directoryKind(path)
  if (scheme === undefined || kind === scheme || (scheme === 'file' && kind === 'tailscale')) return { path, kind }
  // An empty directory may become either.
  if (scheme === 'level' && kind === 'file' && mode === 'create') return { path, kind: scheme }
  return wrongUsage(`${path} is no ${scheme} store: found a ${kind} directory`)
}

/** Opens the directory `target` as a store; to read a file store, no lock is needed and nothing on disk changes. */
export async function openStore({ path, kind }: DirectoryTarget, mode: StoreMode, io: CliIo): Promise<OpenStore> {
  if (kind === 'blobs' || kind === 'diskblob') {
    return wrongUsage(`${path} holds blobs: see coldsnap blob ls`)
  }
  const opened = await openAs(path, kind, mode, io.signal).catch((error: unknown) => {
    if (!isCacheError(error, 'LOCKED')) throw error
    throw new CacheError('LOCKED', `Cannot open ${path}: another process holds it`, { cause: error })
  })
  return { path, kind, store: opened, [Symbol.asyncDispose]: async () => await opened.close?.() }
}

async function openAs(path: string, kind: DirectoryKind, mode: StoreMode, signal: AbortSignal): Promise<Store> {
  if (kind !== 'level') return await FileStore.open(path, { readOnly: mode === 'read', signal })
  // LevelDB cannot open a database without writing: what it keeps stays the same, its files may not.
  const store = await LevelStore.open(path, { signal })
  return mode === 'read' ? new ReadOnlyStore(store) : store
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
