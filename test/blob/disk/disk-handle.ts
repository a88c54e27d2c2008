import fs from 'node:fs'
import { join } from 'node:path'
import { DiskBlobStore, type DiskBlobStoreOptions } from '../../../src/blob/disk/disk-blob-store.ts'
import { sidecarSuffix } from '../../../src/blob/disk/sidecar.ts'
import type { BlobHandle } from '../../../src/contract/index.ts'
import { keyFile } from '../../../src/store/key-file.ts'
import { scratch } from '../../store/scratch.ts'

/** A disk store in a fresh directory, with everything that the contract can do to it. */
export async function diskHandle(options: DiskBlobStoreOptions = {}): Promise<BlobHandle> {
  const dir = join(scratch(), 'blobs')
  const opened: DiskBlobStore[] = []
  const open = async (): Promise<DiskBlobStore> => {
    opened.push(await DiskBlobStore.open(dir, options))
    return opened.at(-1)!
  }
  const store = await open()
  return {
    store,
    dispose: async () => void (await Promise.all(opened.map(each => each.close()))),
    async reopen() {
      await opened.at(-1)?.close()
      return await open()
    },
    crash: open,
    another: open,
    damage: async (namespace, key) => flipByte(bodyFile(dir, namespace, key, options)),
    pieces: async () => filesIn(dir).length,
  }
}

/** The file that holds the body of a blob. */
export function dataFile(dir: string, namespace: string, key: string, layout = 'native'): string {
  if (layout === 'diskblob') return join(dir, namespace, key)
  return join(dir, 'entries', keyFile(namespace).name, keyFile(key).name)
}

/** As {@link dataFile}; where bodies are files of their own, the one that belongs to the blob. */
export function bodyFile(dir: string, namespace: string, key: string, options: DiskBlobStoreOptions): string {
  const folder = join(dir, 'links', keyFile(namespace).name)
  const isBody = (name: string): boolean => name.startsWith(`${keyFile(key).name}.`)
  const name = options.contentAddressed === true && fs.existsSync(folder) && fs.readdirSync(folder).find(isBody)
  return typeof name === 'string' ? join(folder, name) : dataFile(dir, namespace, key, options.layout)
}

/** All files of a store but its index, as paths below `dir`. */
export function filesIn(dir: string): string[] {
  const names = fs.readdirSync(dir, { recursive: true, encoding: 'utf8' })
  const isFile = (name: string): boolean => fs.lstatSync(join(dir, name)).isFile()
  return names.filter(name => !/(^|\/)index$/.test(name) && isFile(name)).sort()
}

/**
 * What `links` and `bodies` hold, in the store that has been swept, that no entry of the namespaces has, and what they lack; and
 * how many files equal bodies are more than one of.
 */
export async function bodyCensus(
  store: DiskBlobStore,
  namespaces: readonly string[],
): Promise<{ readonly wrong: string[]; readonly copies: number }> {
  const wanted = new Set<string>()
  const etags = new Set<string>()
  for (const namespace of namespaces) {
    await store.sweep(namespace)
    for await (const { key, meta } of store.list(namespace)) {
      if (meta.size === 0) continue
      wanted.add(`links/${keyFile(namespace).name}/${keyFile(key).name}.${meta.etag.slice(0, 32)}`)
      etags.add(meta.etag)
    }
  }
  const files = filesIn(store.dir)
  const links = files.filter(name => name.startsWith('links/'))
  const bodies = files.filter(name => name.startsWith('bodies/')).map(name => name.slice('bodies/'.length))
  const wrong = [...links, ...wanted].filter(name => !(wanted.has(name) && links.includes(name)))
  const inodes = new Set(links.map(name => fs.statSync(join(store.dir, name)).ino))
  return { wrong: [...wrong, ...bodies.filter(name => !etags.has(name))], copies: inodes.size - etags.size }
}

/** The names of what is not an entry: temporary files, claims, intents. */
export function litterIn(dir: string): string[] {
  return filesIn(dir).filter(name => /^(\.coldsnap\/)?(temp|claims|intents)\//.test(name))
}

/** Changes one byte in the middle of a file. */
export function flipByte(path: string, at?: number): void {
  const bytes = fs.readFileSync(path)
  if (bytes.byteLength === 0) fs.writeFileSync(path, 'x')
  bytes[at ?? bytes.byteLength >> 1]! ^= 1
  if (bytes.byteLength > 0) fs.writeFileSync(path, bytes)
}

export { sidecarSuffix }
