/// <reference types="node" />
import { join } from 'node:path'
import { builtinModule } from '../bytes/builtin-module.ts'
import { isLongName, isPlainName, keyToHex, longHeader, longName, longNameHead } from '../bytes/file-name.ts'
import { toHex } from '../bytes/hex.ts'
import { sameBytes } from '../core/same-bytes.ts'
import { openRegularFile, readBytes } from './atomic-file.ts'
import { systemCode } from './file-error.ts'
import type { FileEntry, FileIo } from './file-io.ts'
import { retryTransient } from './retry.ts'
import { maxKeyBytes } from './store.ts'

/** Where a key lives: the name of its file, and what precedes the value in it. */
export interface KeyFile {
  readonly name: string
  /** Empty unless the key is too long to be a file name. */
  readonly header: Uint8Array
}

/** How files are read: what is small by `small`, the content of larger files by `large`. */
export interface Readers {
  readonly small: FileIo
  readonly large: FileIo
  readonly platform: string
}

/** Up to this size a write on the spot is much faster than a trip through the thread pool. */
export const smallBytes: number = 64 * 1024

// Reading is quicker, and what is read must be decoded, which takes longer still.
const smallReadBytes = 1024 * 1024

const noHeader = new Uint8Array(0)

/** The file of `key`. */
export function keyFile(key: string): KeyFile {
  const hex = keyToHex(key)
  if (isPlainName(hex)) return { name: hex, header: noHeader }
  const header = longHeader(key)
  return { name: longName(hex, sha256Hex(header.subarray(2))), header }
}

/** The value in the file of a key, or `undefined` if there is no such file of ours. */
export async function readKeyFile(readers: Readers, directory: string, file: KeyFile): Promise<Uint8Array | undefined> {
  const opened = await openRegularFile(readers.small, join(directory, file.name), readers.platform)
  if (opened === undefined) return undefined
  const { fd, size } = opened
  const io = size > smallReadBytes ? readers.large : readers.small
  const skip = file.header.byteLength
  try {
    if (skip > 0 && !sameBytes(await readBytes(io, fd, 0, skip), file.header)) return undefined
    return await readBytes(io, fd, skip, Math.max(0, size - skip))
  } finally {
    await io.close(fd)
  }
}

/** The hex of every key in the directory that starts with `prefixHex`, in the order of the keys' bytes. */
export async function listKeys(readers: Readers, directory: string, prefixHex: string): Promise<string[]> {
  const hexes: string[] = []
  for (const entry of await readEntries(readers.small, directory)) {
    const { name } = entry
    if (isLongName(name)) {
      const head = longNameHead(name)
      if (!entry.isFile() || !(head.startsWith(prefixHex) || prefixHex.startsWith(head))) continue
      const hex = await readLongKey(readers, directory, name)
      if (hex?.startsWith(prefixHex)) hexes.push(hex)
    } else if (name.startsWith(prefixHex) && isPlainName(name) && entry.isFile()) {
      hexes.push(name)
    }
  }
  // In UTF-16 order, which for hex digits is that of the bytes they stand for.
  return hexes.sort()
}

// A directory that is gone holds no keys.
async function readEntries(io: FileIo, directory: string): Promise<readonly FileEntry[]> {
  try {
    return await retryTransient(() => io.readdir(directory))
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  }
}

// The hex of the key in a file with a long name, if the two belong together.
async function readLongKey(readers: Readers, directory: string, name: string): Promise<string | undefined> {
  const io = readers.small
  const opened = await openRegularFile(io, join(directory, name), readers.platform)
  if (opened === undefined) return undefined
  try {
    const start = await readBytes(io, opened.fd, 0, Math.min(opened.size, 2 + maxKeyBytes))
    if (start.byteLength < 2) return undefined
    const key = start.subarray(2, 2 + start[0]! * 256 + start[1]!)
    const hex = toHex(key)
    return !isPlainName(hex) && longName(hex, sha256Hex(key)) === name ? hex : undefined
  } finally {
    await io.close(opened.fd)
  }
}

function sha256Hex(bytes: Uint8Array): string {
  // Not imported: few keys are that long, and loading the module takes as long as opening a store.
  const { createHash } = builtinModule<typeof import('node:crypto')>('node:crypto')!
  return createHash('sha256').update(bytes).digest('hex')
}
