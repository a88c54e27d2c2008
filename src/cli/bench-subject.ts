/// <reference types="node" />
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { keyed } from '../snapshot/columns.ts'
import { SnapshotCache } from '../snapshot/snapshot-cache.ts'
import type { Store } from '../store/store.ts'
import type { BenchState } from './bench-state.ts'

/** A place that is open to write. */
export interface BenchWriter {
  store(state: BenchState): Promise<unknown>
  close(): Promise<void>
}

/** A place that is open to read. */
export interface BenchReader {
  /** The whole state in memory. */
  load(): Promise<BenchState | undefined>
  /** The first thing that a program wants of it: one small field. */
  first(): Promise<BenchState['about'] | undefined>
  close(): Promise<void>
}

/** One way to keep the state that `bench` measures. */
export interface BenchSubject {
  readonly name: string
  /** Opens it with nothing in it. */
  openEmpty(): Promise<BenchWriter>
  /** Opens what was written, as a start of the program does. */
  reopen(): Promise<BenchReader>
  /** What it takes, in bytes; `undefined` where that cannot be seen. */
  size(): Promise<number | undefined>
  /** Removes everything. */
  clear(): Promise<void>
}

/** One JSON file that is written whole, flushed, and put in place by rename: what most programs do. */
export function jsonSubject(directory: string): BenchSubject {
  const path = join(directory, 'state.json')
  const read = async (): Promise<BenchState> => JSON.parse(await readFile(path, 'utf8')) as BenchState
  const close = async (): Promise<void> => undefined
  return {
    name: 'json',
    openEmpty: async () => {
      await mkdir(directory)
      return { store: state => writeWhole(directory, path, JSON.stringify(state)), close }
    },
    reopen: async () => ({ load: read, first: async () => (await read()).about, close }),
    size: () => sizeOf(directory),
    clear: () => rm(directory, { recursive: true, force: true }),
  }
}

/** A `SnapshotCache` on a store in `directory`, which `open` opens. */
export function directorySubject(
  name: string,
  directory: string,
  open: (directory: string) => Promise<Store>,
): BenchSubject {
  const openStore = (): Promise<Store> => open(directory)
  return {
    name,
    openEmpty: () => writerOf(openStore),
    reopen: () => readerOf(openStore),
    size: () => sizeOf(directory),
    clear: () => rm(directory, { recursive: true, force: true }),
  }
}

/** A `SnapshotCache` on a store that is elsewhere, and was empty before. */
export function remoteSubject(name: string, open: () => Promise<Store>): BenchSubject {
  return {
    name,
    openEmpty: () => writerOf(open),
    reopen: () => readerOf(open),
    size: async () => undefined,
    clear: async () => {
      const store = await open()
      try {
        for await (const key of store.list('')) await store.remove(key)
      } finally {
        await store.close?.()
      }
    },
  }
}

function cacheOn(store: Store): SnapshotCache<BenchState> {
  return new SnapshotCache<BenchState>(store, { name: 'bench', columns: { rows: keyed('id') } })
}

async function writerOf(open: () => Promise<Store>): Promise<BenchWriter> {
  const store = await open()
  const cache = cacheOn(store)
  return { store: state => cache.store(state), close: async () => await store.close?.() }
}

async function readerOf(open: () => Promise<Store>): Promise<BenchReader> {
  const store = await open()
  const cache = cacheOn(store)
  return {
    load: async () => (await cache.load())?.state,
    first: async () => {
      const view = await cache.view()
      const about = await view?.get('about')
      await view?.close()
      return about
    },
    close: async () => await store.close?.(),
  }
}

// As durable as the stores are by default: the bytes are on the disk before the name, and the name before it returns.
async function writeWhole(directory: string, path: string, text: string): Promise<void> {
  const temp = `${path}.tmp`
  const file = await open(temp, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temp, path)
  // Windows flushes no directory.
  if (process.platform === 'win32') return
  const folder = await open(directory, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function sizeOf(directory: string): Promise<number> {
  const names = await readdir(directory)
  const sizes = await Promise.all(names.map(async name => (await stat(join(directory, name))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}
