import { decodeTrailer, encodeTrailer, endBytes, trailerLength } from '../../../src/blob/disk/entry-trailer.ts'
import { writeAll } from '../../../src/store/atomic-file.ts'
import { type FileIo, type FileSystem, openFlags } from '../../../src/store/file-io.ts'
import { etagOf as sha256Of } from '../../faults/blob-state.ts'
import { withoutSync } from '../broken-protocols.ts'
import { diskPath } from '../model-disk.ts'
import { Tally } from '../tally.ts'
import { type BlobDisk, withCalls } from './blob-disk.ts'
import { blobLives } from './blob-lives.ts'
import { type BlobProtocol, runBlobLife } from './run-blob-life.ts'

/** A protocol that is broken, and the lives that show it. */
export interface BrokenBlobProtocol extends BlobProtocol {
  readonly lives: readonly string[]
  /** How often they are lived, each time with the next seed. @default 1 */
  readonly rounds?: number
}

const asItIs = (system: FileSystem): FileSystem => system

/** Each works as long as nothing crashes. Layers between store and disk break them: the code under test is the same. */
export const brokenBlobProtocols: readonly BrokenBlobProtocol[] = [
  {
    title: 'no fsync',
    lives: ['blobs puts; native, power', 'blobs puts; diskblob, power'],
    system: system => withoutSync(system, () => true),
  },
  {
    title: 'no fsync of files',
    lives: ['blobs puts; native, power', 'blobs puts; diskblob, power'],
    system: system => withoutSync(system, isDirectory => !isDirectory),
  },
  {
    title: 'no fsync of directories',
    lives: ['blobs puts; native, power', 'blobs puts; diskblob, power'],
    system: system => withoutSync(system, isDirectory => isDirectory),
  },
  {
    title: 'the name before the bytes',
    lives: ['blobs puts; native, power'],
    system: nameFirst,
  },
  {
    title: 'unverified digest',
    lives: ['blobs puts; native, process', 'blobs drawn; native, process'],
    system: asItIs,
    afterCrash: makeAgree,
    // Most of what is torn has lost its trailer as well.
    rounds: 3,
  },
  {
    title: 'the sidecar before the data',
    lives: ['blobs puts; diskblob, process'],
    system: sidecarFirst,
  },
  {
    title: 'no intent',
    lives: ['blobs puts; diskblob, process'],
    system: withoutIntent,
  },
  {
    title: 'a log that is believed after a loss of power',
    lives: ['blobs limited; native, power', 'blobs limited; native, process'],
    system: asItIs,
    believesLog: true,
    rounds: 2,
  },
]

/** Runs the lives of a broken protocol with it. */
export async function breakBlobProtocol(
  protocol: BrokenBlobProtocol,
  { seed, picks }: { readonly seed: number; readonly picks: number },
): Promise<Tally> {
  const total = new Tally()
  for (const title of protocol.lives) {
    const life = blobLives.find(one => one.title === title)
    if (life === undefined) throw new RangeError(`No life "${title}"`)
    for (let round = 0; round < (protocol.rounds ?? 1); round++) {
      const tally = new Tally()
      await runBlobLife(life, tally, { seed: seed + round, picks, protocol })
      total.add(tally)
    }
  }
  return total
}

function change(system: FileSystem, calls: (io: FileIo) => Partial<FileIo>): FileSystem {
  const changed = (io: FileIo): FileIo => withCalls(io, calls(io))
  return { ...system, blocking: changed(system.blocking), pooled: changed(system.pooled) }
}

/** A body gets its bytes once it has its name. */
function nameFirst(system: FileSystem): FileSystem {
  interface Held {
    readonly path: string
    readonly parts: Uint8Array[]
    size: number
  }
  const held = new Map<number, Held>()
  return change(system, io => ({
    async open(path, flags, mode) {
      const fd = await io.open(path, flags, mode)
      if (flags === openFlags.create && /temp\/body/.test(path)) held.set(fd, { path, parts: [], size: 0 })
      return fd
    },
    write(fd, bytes, offset, length) {
      const file = held.get(fd)
      if (file === undefined) return io.write(fd, bytes, offset, length)
      file.parts.push(bytes.slice(offset, offset + length))
      file.size += length
      return length
    },
    async fstat(fd) {
      const stat = await io.fstat(fd)
      const { size } = held.get(fd) ?? stat
      return { ...stat, size }
    },
    fsync: fd => (held.has(fd) ? undefined : io.fsync(fd)),
    close: fd => (held.has(fd) ? undefined : io.close(fd)),
    async rename(from, to) {
      await io.rename(from, to)
      for (const [fd, { path, parts }] of held) {
        if (path !== from) continue
        held.delete(fd)
        for (const part of parts) await writeAll(io, fd, part)
        await io.fsync(fd)
        await io.close(fd)
      }
    },
  }))
}

/** Every trailer agrees with whatever body is before it, as if nobody had looked at a digest. */
async function makeAgree(disk: BlobDisk): Promise<void> {
  const { blocking: io } = disk.process().system
  for (const path of disk.paths().filter(each => each.startsWith('entries/'))) {
    const name = `${diskPath}/${path}`
    const { size } = await io.lstat(name)
    const bytes = new Uint8Array(size)
    const fd = await io.open(name, openFlags.read, 0)
    await io.read(fd, bytes, 0, size, 0)
    const length = trailerLength(bytes.subarray(-endBytes))
    if (length === undefined || length > size) continue
    try {
      const { meta, ...rest } = decodeTrailer(bytes.subarray(size - length))
      const etag = sha256Of(bytes.subarray(0, size - length))
      const trailer = encodeTrailer({ ...rest, meta: { ...meta, size: size - length, etag } })
      await io.unlink(name)
      const anew = await io.open(name, openFlags.create, 0o600)
      await writeAll(io, anew, bytes.subarray(0, size - length))
      await writeAll(io, anew, trailer)
    } catch {
      // Torn itself: nobody could believe it.
    }
  }
}

/** Data get their name after their sidecar. */
function sidecarFirst(system: FileSystem): FileSystem {
  const held = new Map<string, string>()
  return change(system, io => ({
    async rename(from, to) {
      if (/temp\/body/.test(from) && !/\/intents\//.test(to)) return void held.set(to, from)
      await io.rename(from, to)
      const data = to.replace(/\.meta\.json$/, '')
      const temp = data === to ? undefined : held.get(data)
      if (temp === undefined) return
      held.delete(data)
      await io.rename(temp, data)
    },
  }))
}

/** The new sidecar is left nowhere while the data get their name. */
function withoutIntent(system: FileSystem): FileSystem {
  const held = new Map<string, string>()
  return change(system, io => ({
    async rename(from, to) {
      if (/\/intents\//.test(to)) return void held.set(to, from)
      const temp = held.get(from)
      held.delete(from)
      await io.rename(temp ?? from, to)
    },
  }))
}
