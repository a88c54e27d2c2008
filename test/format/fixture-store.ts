import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fromHex, toHex } from '../../src/bytes/hex.ts'
import { utf8Decode, utf8Encode } from '../../src/bytes/utf8.ts'
import { MemoryStore } from '../../src/index.ts'
import type { Store } from '../../src/store/store.ts'

/** Keys and bytes of a store, in the order of the keys. */
export type Files = ReadonlyMap<string, Uint8Array>

/** Whether this run may add cases that have no directory yet. Nothing ever rewrites a case that has one. */
export const mayWrite: boolean = process.env['COLDSNAP_WRITE_FIXTURES'] === '1'

const root = new URL('../../fixtures/format/', import.meta.url)

/** The path of a case's directory: a directory that FileStore reads. */
export function caseDirectory(kind: 'v1' | 'broken', name: string): string {
  return fileURLToPath(new URL(`${kind}/${name}/`, root))
}

/** Names of the cases that are on disk. */
export async function listCases(kind: 'v1' | 'broken'): Promise<string[]> {
  return (await readdir(new URL(`${kind}/`, root))).sort()
}

/** What is stored in a case's directory, or `undefined` if there is none. */
export async function readCase(kind: 'v1' | 'broken', name: string): Promise<Files | undefined> {
  const directory = caseDirectory(kind, name)
  if (!(await isDirectory(directory))) return undefined
  const files = new Map<string, Uint8Array>()
  for (const file of (await readdir(directory)).sort()) {
    files.set(utf8Decode(fromHex(file)!), new Uint8Array(await readFile(`${directory}${file}`)))
  }
  return files
}

/** Adds a case. Refuses one that exists: fixtures are append-only. */
export async function addCase(kind: 'v1' | 'broken', name: string, files: Files): Promise<void> {
  // Made aside and moved, so that a test file that runs at the same time sees all of it or nothing.
  const aside = fileURLToPath(new URL(`.${kind}-${name}/`, root))
  await mkdir(aside, { recursive: true })
  for (const [key, bytes] of files) await writeFile(`${aside}${toHex(utf8Encode(key))}`, bytes, { flag: 'wx' })
  const directory = caseDirectory(kind, name)
  await mkdir(dirname(directory), { recursive: true })
  if (await isDirectory(directory)) throw new Error(`Cannot add ${directory}: it exists, and is never rewritten`)
  await rename(aside, directory)
}

async function isDirectory(path: string): Promise<boolean> {
  return await stat(path).then(
    found => found.isDirectory(),
    () => false,
  )
}

/** A store in memory that holds `files`. */
export async function storeOf(files: Files): Promise<MemoryStore> {
  const store = new MemoryStore()
  for (const [key, bytes] of files) await store.store(key, bytes)
  return store
}

/** All that `store` holds. */
export async function filesOf(store: Store): Promise<Files> {
  const files = new Map<string, Uint8Array>()
  for await (const key of store.list('')) files.set(key, (await store.load(key))!)
  return files
}

/** `files` in a form that a failed comparison shows readably. */
export function toText(files: Files): Record<string, string> {
  return Object.fromEntries([...files].map(([key, bytes]) => [key, toHex(bytes)]))
}
