/// <reference types="node" />
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeManifest } from '../blob/blob-manifest.ts'
import { workFolder } from '../blob/disk/diskblob-path.ts'
import { decodeTrailer, endBytes, trailerLength } from '../blob/disk/entry-trailer.ts'
import { isLongName, keyFromHex } from '../bytes/file-name.ts'
import { compareUtf8 } from '../bytes/utf8.ts'
import { isCacheError } from '../errors.ts'
import { fileError } from '../store/file-error.ts'
import type { Store } from '../store/store.ts'
import type { OpenBlobs } from './open-blobs.ts'

/** What a namespace holds. */
export interface BlobNamespace {
  readonly namespace: string
  readonly count: number
  /** Of all bodies. */
  readonly bytes: number
}

type BlobPlace =
  | Pick<OpenBlobs, 'kind' | 'path' | 'blobs' | 'store'>
  | { readonly kind: 'store'; readonly store: Store }

/** The namespaces of a directory or store, with the blobs in them that can be read. */
export async function listBlobNamespaces(place: BlobPlace, signal: AbortSignal): Promise<BlobNamespace[]> {
  if (place.kind === 'store') return await ofStore(place.store!, signal)
  const found: BlobNamespace[] = []
  for (const namespace of await namespacesOf(place.path, place.kind)) {
    let count = 0
    let bytes = 0
    for await (const { meta } of place.blobs.list(namespace, { signal })) {
      count++
      bytes += meta.size
    }
    found.push({ namespace, count, bytes })
  }
  return found
}

/** Names of the namespaces that a directory of blobs has; of a diskblob directory, what stands before the first slash. */
export async function namespacesOf(path: string, kind: 'blobs' | 'diskblob'): Promise<string[]> {
  const root = kind === 'blobs' ? join(path, 'entries') : path
  const entries = await readdir(root, { withFileTypes: true }).catch((error: unknown) => {
    throw fileError(error, `Cannot list ${root}`)
  })
  const names: string[] = []
  for (const entry of entries) {
    if (!entry.isDirectory() || (kind === 'diskblob' && entry.name === workFolder)) continue
    const name = kind === 'diskblob' ? entry.name : await nativeNamespace(join(root, entry.name), entry.name)
    if (name !== undefined) names.push(name)
  }
  return names.sort(compareUtf8)
}

// A folder is named by the hex of its namespace, or by a digest: then each file in it says whose it is.
async function nativeNamespace(folder: string, name: string): Promise<string | undefined> {
  if (!isLongName(name)) return keyFromHex(name)
  for (const file of await readdir(folder)) {
    const namespace = await namespaceIn(join(folder, file)).catch(() => undefined)
    if (namespace !== undefined) return namespace
  }
  return undefined
}

async function namespaceIn(path: string): Promise<string | undefined> {
  await using file = await open(path, 'r')
  const { size } = await file.stat()
  const readLast = async (length: number): Promise<Uint8Array> => {
    const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, Math.max(0, size - length))
    return buffer.subarray(0, bytesRead)
  }
  const length = trailerLength(await readLast(endBytes))
  return length === undefined || length > size ? undefined : decodeTrailer(await readLast(length)).namespace
}

async function ofStore(store: Store, signal: AbortSignal): Promise<BlobNamespace[]> {
  const found = new Map<string, { namespace: string; count: number; bytes: number }>()
  for await (const key of store.list('@blob/', { signal })) {
    // Records stand under k/ and l/, chunks under c/: docs/FORMAT.md, section 13.
    if (!/^@blob\/[0-9a-f]{32}\/[kl]\//.test(key)) continue
    const bytes = await store.load(key, { signal })
    if (bytes === undefined) continue
    try {
      const { namespace, meta } = decodeManifest(bytes)
      const known = found.get(namespace) ?? { namespace, count: 0, bytes: 0 }
      found.set(namespace, { namespace, count: known.count + 1, bytes: known.bytes + meta.size })
    } catch (error) {
      // A listing leaves it out, as every reader does; `verify` tells of it.
      if (!isCacheError(error)) throw error
    }
  }
  return [...found.values()].sort((a, b) => compareUtf8(a.namespace, b.namespace))
}
