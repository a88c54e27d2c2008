import { digest, digestBytes } from '../../src/bytes/digest.ts'
import { openHead, sealHead } from '../../src/snapshot/head-seal.ts'
import { namedKeys } from '../../src/snapshot/inventory.ts'
import { snapshotKeys } from '../../src/snapshot/keys.ts'
import { pieceKey } from '../../src/snapshot/read-pieces.ts'
import { type FileIo, type FileSystem, openFlags } from '../../src/store/file-io.ts'
import type { Store } from '../../src/store/store.ts'
import { InterceptedStore } from '../helpers/intercepted-store.ts'
import { AliasedStore } from './aliased-store.ts'
import type { Protocol } from './protocol.ts'

const keys = snapshotKeys('app')
const isHead = (key: string): boolean => keys.parse(key)?.kind === 'head'
const isSegment = (key: string): boolean => keys.parse(key)?.kind === 'segment'
const asItIs = (store: Store): Store => store

/** A protocol that is broken, and the lives that show it. */
export interface BrokenProtocol extends Protocol {
  readonly lives: readonly string[]
  /** How often they are lived, each time with the next seed. @default 1 */
  readonly rounds?: number
}

/**
 * Each works as long as nothing crashes, and each is a mistake that real programs make. Layers around the store and its
 * disk break them: the code under test is the same.
 */
export const brokenProtocols: readonly BrokenProtocol[] = [
  {
    title: 'no fsync',
    lives: ['stores; files, power', 'deltas; files, power', 'clears; files, power'],
    store: asItIs,
    system: system => withoutSync(system, () => true),
  },
  {
    title: 'no fsync of the directory',
    lives: ['stores; files, power', 'deltas; files, power', 'clears; files, power'],
    store: asItIs,
    system: system => withoutSync(system, isDirectory => isDirectory),
  },
  {
    title: 'head first',
    lives: ['stores; files, power', 'deltas; files, power', 'releases, immutable; four methods'],
    store: (store, phase) => (phase === 'run' ? headFirst(store) : store),
  },
  {
    title: 'sweep before head',
    lives: ['stores; files, power', 'deltas; files, power', 'releases, immutable; four methods'],
    store: (store, phase) => (phase === 'run' ? sweepFirst(store) : store),
  },
  {
    title: 'reused names',
    lives: ['whole columns; files, power', 'whole columns; four methods in place'],
    store: store => new AliasedStore(store, key => (isSegment(key) ? key.replace(/[^/]*$/, 'slot') : undefined)),
  },
  {
    title: 'unverified digest',
    lives: ['bytes; files, process', 'bytes; four methods, not durable'],
    // Most of what is torn cannot be decoded either; only some looks like bytes that were stored.
    rounds: 4,
    store: (store, phase) => (phase === 'recover' ? unverified(store) : store),
  },
  {
    title: 'head in place',
    lives: ['stores, immutable; four methods in place', 'deltas; four methods in place'],
    store: store => new AliasedStore(store, key => (isHead(key) ? 'head' : undefined)),
  },
]

/** Flushes nothing, or nothing of one kind. */
export function withoutSync(system: FileSystem, isLeftOut: (isDirectory: boolean) => boolean): FileSystem {
  const directories = new Set<number>()
  const change = (io: FileIo): FileIo => ({
    ...io,
    async open(path, flags, mode) {
      const fd = await io.open(path, flags, mode)
      if (flags === openFlags.directory) directories.add(fd)
      return fd
    },
    fsync: fd => (isLeftOut(directories.has(fd)) ? undefined : io.fsync(fd)),
  })
  return { ...system, pooled: change(system.pooled), blocking: change(system.blocking) }
}

/** Commits before there is what is committed. */
function headFirst(inner: Store): Store {
  const held = new Map<string, Uint8Array>()
  return new InterceptedStore(inner, async (call, run) => {
    if (call.verb === 'load' && held.has(call.key))
      return held.get(call.key)!.slice() as Awaited<ReturnType<typeof run>>
    if (call.verb !== 'store') return await run()
    if (isSegment(call.key)) {
      held.set(call.key, call.value!.slice())
      return undefined as Awaited<ReturnType<typeof run>>
    }
    const result = await run()
    for (const [key, value] of held) await inner.store(key, value)
    held.clear()
    return result
  })
}

/** Tidies up what the new head will no longer need, and then writes it. */
function sweepFirst(inner: Store): Store {
  return new InterceptedStore(inner, async (call, run) => {
    if (call.verb !== 'store' || !isHead(call.key)) return await run()
    const named = namedKeys(keys, await openHead(call.value!, call.key, undefined))
    for await (const key of inner.list(keys.prefix)) if (!named.has(key)) await inner.remove(key)
    return await run()
  })
}

/** Every head agrees with whatever is stored under the names it has, as if nobody had looked at a digest. */
function unverified(inner: Store): Store {
  return new InterceptedStore(inner, async (call, run) => {
    const bytes = await run()
    if (call.verb !== 'load' || !isHead(call.key) || !(bytes instanceof Uint8Array)) return bytes
    return (await agreeing(inner, call.key, bytes)) as Awaited<ReturnType<typeof run>>
  })
}

async function agreeing(inner: Store, key: string, bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes.byteLength < digestBytes) return bytes
  bytes.set(await digest(bytes.subarray(0, -digestBytes)), bytes.byteLength - digestBytes)
  try {
    const head = await openHead(bytes, key, undefined)
    const columns = []
    for (const column of head.columns) {
      const pieces = []
      for (const piece of column.pieces) {
        const found = piece.inline === undefined ? await inner.load(pieceKey(keys, column.name, piece)) : undefined
        pieces.push(found === undefined ? piece : { ...piece, length: found.byteLength, digest: await digest(found) })
      }
      columns.push({ ...column, pieces })
    }
    return await sealHead({ ...head, columns }, key, undefined)
  } catch {
    // So much of it is gone that nobody could take it for a head.
    return bytes
  }
}
