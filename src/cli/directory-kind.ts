/// <reference types="node" />
import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { sidecarSuffix } from '../blob/disk/sidecar.ts'
import { isLongName, isPlainName, isTempName, keyFromHex } from '../bytes/file-name.ts'
import { CacheError } from '../errors.ts'
import { recordKind, selfKey } from '../netmap/plain-records.ts'
import { headOwner } from '../snapshot/cache-names.ts'
import { fileError, systemCode } from '../store/file-error.ts'
import { notFound } from './cli-failure.ts'

/** What a directory is, with the words the output has for it. */
export const directoryKinds = {
  file: 'file store',
  level: 'LevelDB store',
  tailscale: 'Tailscale netmap cache',
  blobs: 'blob directory',
  diskblob: 'diskblob directory',
  redis: 'Redis',
} as const

/** See {@link directoryKinds}. */
export type DirectoryKind = keyof typeof directoryKinds

// How many folders of a diskblob directory are searched for its first sidecar.
const maxSearchedFolders = 200

/** Looks at what is in the directory `path` and says what it is; an empty one is a file store that holds nothing. */
export async function directoryKind(path: string): Promise<Exclude<DirectoryKind, 'redis'>> {
  const entries = await entriesOf(path)
  const names = new Set(entries.map(entry => entry.name))
  if (names.has('CURRENT') || entries.some(entry => /^MANIFEST-\d+$|^\d+\.ldb$/.test(entry.name))) return 'level'
  const hasFolder = (name: string): boolean => entries.some(entry => entry.name === name && entry.isDirectory())
  if (hasFolder('entries') && (hasFolder('temp') || hasFolder('claims'))) return 'blobs'
  if (hasFolder('.coldsnap')) return 'diskblob'
  const keys = entries.filter(entry => entry.isFile() && isPlainName(entry.name)).map(entry => keyFromHex(entry.name))
  const known = keys.filter(key => key !== undefined)
  if (known.length > 0) return isTailscale(known) ? 'tailscale' : 'file'
  if (entries.length === 0 || entries.some(({ name }) => isLongName(name) || isTempName(name))) return 'file'
  if (await hasSidecar(path, entries)) return 'diskblob'
  return notFound(`There is no store of coldsnap in ${path}`)
}

// A store may hold keys that are spelled like Tailscale's; it is taken for theirs only if it has no cache of ours.
function isTailscale(keys: readonly string[]): boolean {
  if (keys.some(key => headOwner(key) !== undefined)) return false
  return keys.includes(selfKey) || keys.every(key => recordKind(key) !== undefined)
}

// A namespace is a folder, so nothing but folders is in the root. Who names the wrong directory must not wait for a search
// through all of it.
async function hasSidecar(root: string, entries: readonly Dirent[]): Promise<boolean> {
  if (entries.some(entry => entry.isFile())) return false
  const folders = [root]
  for (let i = 0; i < folders.length && i < maxSearchedFolders; i++) {
    const inner = i === 0 ? entries : await entriesOf(folders[i]!).catch(() => [])
    if (i > 0 && inner.some(entry => entry.isFile() && entry.name.endsWith(sidecarSuffix))) return true
    for (const entry of inner) if (entry.isDirectory()) folders.push(join(folders[i]!, entry.name))
  }
  return false
}

async function entriesOf(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true })
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return notFound(`There is no directory ${path}`)
    if (systemCode(error) === 'ENOTDIR') {
      throw new CacheError('NOT_A_DIRECTORY', `Cannot open ${path}: it is not a directory`, { cause: error })
    }
    throw fileError(error, `Cannot open ${path}`)
  }
}
