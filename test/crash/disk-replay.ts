import type { CrashModel, CrashState, Image, Medium, Replay } from './medium.ts'
import { baseNames, type DiskFiles, type DiskOperation, diskPath, overwrite, rootNode } from './model-disk.ts'
import type { Random } from './random.ts'

type Write = Extract<DiskOperation, { kind: 'write' }>
type NameOperation = Extract<DiskOperation, { directory: number }>

/** A name, and which operation gave it: nodes and operations are numbered alike in every run, names are random. */
interface Binding {
  readonly node: number
  readonly by: number
}

type Entries = Map<string, Binding>

interface PendingWrite {
  readonly write: Write
  readonly by: number
}

interface FileState {
  readonly synced: Uint8Array
  readonly pending: readonly PendingWrite[]
}

/** What an operation did to the names of one directory. */
interface NameChange {
  readonly operation: NameOperation
  readonly by: number
  readonly node: number
  /** Of a rename from one directory to another, each knows its half. */
  readonly half: 'from' | 'to' | undefined
}

interface DirectoryState {
  now: Entries
  synced: Entries
  pending: NameChange[]
}

interface Content {
  readonly tag: string
  readonly bytes: () => Uint8Array
}

/** What becomes of a write that was not made durable and that the crash hit. */
const fates = ['lost', 'halved', 'zeroed', 'zero tail'] as const
type Fate = 'kept' | (typeof fates)[number]

/** How the disk is to crash. */
export interface DiskReplayOptions {
  /** Whether what was acknowledged is durable. */
  readonly isDurable: boolean
  /**
   * A disk with a journal of its names: a rename is there or not, and a flush of one directory flushes the names of all.
   * @default false
   */
  readonly hasJournal?: boolean | undefined
}

/** The crash states of what was done to a disk, for a medium that `boot` makes. */
export class DiskReplay<M = Medium> implements Replay<M> {
  readonly #log: readonly DiskOperation[]
  readonly #isDurable: boolean
  readonly #hasJournal: boolean
  readonly #boot: (files: DiskFiles, random: Random | undefined) => M
  readonly #files = new Map<number, FileState>()
  readonly #directories = new Map<number, DirectoryState>()
  /** Images of the exact prefixes, by number of operations, since the last thing that was made durable. */
  readonly #prefixes: { readonly done: number; readonly image: Image<M> }[] = []
  /** Operations that are not durable. */
  readonly #pending = new Set<number>()
  #done = 0

  constructor(
    base: DiskFiles,
    log: readonly DiskOperation[],
    { isDurable, hasJournal = false }: DiskReplayOptions,
    boot: (files: DiskFiles, random: Random | undefined) => M,
  ) {
    this.#log = log
    this.#isDurable = isDurable
    this.#hasJournal = hasJournal
    this.#boot = boot
    this.#directories.set(rootNode, { now: new Map(), synced: new Map(), pending: [] })
    for (const { directory, name, node, bytes } of baseNames(base)) {
      this.#directories.get(directory)!.now.set(name, { node, by: -1 - node })
      if (bytes === undefined) this.#directories.set(node, { now: new Map(), synced: new Map(), pending: [] })
      else this.#files.set(node, { synced: bytes, pending: [] })
    }
    for (const state of this.#directories.values()) state.synced = new Map(state.now)
    this.#prefixes.push({ done: 0, image: this.#exact() })
  }

  at(done: number, random: Random, picks: number): CrashState<M>[] {
    while (this.#done < done) this.#apply(this.#log[this.#done]!)
    const states: CrashState<M>[] = []
    const seen = new Set<string>()
    const add = (model: CrashModel, image: Image<M>, from: number, to: number, mayBeEmpty: boolean): void => {
      const id = `${model} ${image.id}`
      if (!seen.has(id)) states.push({ model, image, from, to, mayBeEmpty })
      seen.add(id)
    }
    const exact = this.#prefixes.at(-1)!.image
    const half = this.#half()
    add('killed', exact, done, done, false)
    if (half !== undefined) add('killed', half, done, done, false)
    if (half !== undefined) add('ordered', half, done, done, false)
    for (const prefix of this.#choosePrefixes(random, picks)) {
      // Without a promise, the crash may as well have come when only this much was done.
      const at = this.#isDurable ? done : prefix.done
      add('ordered', prefix.image, at, at, false)
    }
    const from = this.#isDurable ? done : 0
    for (let i = 0; i < picks; i++) add('weak', this.#weak(random), from, done, !this.#isDurable)
    return states
  }

  #choosePrefixes(random: Random, picks: number): { readonly done: number; readonly image: Image<M> }[] {
    if (this.#prefixes.length <= picks) return this.#prefixes
    return Array.from({ length: picks }, () => random.pick(this.#prefixes))
  }

  #apply(operation: DiskOperation): void {
    const by = this.#done++
    this.#pending.add(by)
    switch (operation.kind) {
      case 'write': {
        const { synced, pending } = this.#files.get(operation.node)!
        this.#files.set(operation.node, { synced, pending: [...pending, { write: operation, by }] })
        break
      }
      case 'sync':
        this.#pending.delete(by)
        this.#sync(operation.node)
        this.#prefixes.length = 0
        break
      default: {
        if (operation.kind === 'create') this.#files.set(operation.node, { synced: new Uint8Array(0), pending: [] })
        if (operation.kind === 'mkdir') {
          this.#directories.set(operation.node, { now: new Map(), synced: new Map(), pending: [] })
        }
        const directory = this.#directories.get(operation.directory)!
        const node = 'node' in operation ? operation.node : directory.now.get(operation.name)!.node
        const target = operation.kind === 'rename' ? this.#directories.get(operation.target)! : directory
        const half = target === directory ? undefined : 'from'
        directory.pending.push({ operation, by, node, half })
        directory.now = new Map(directory.now)
        if (half !== undefined) {
          target.pending.push({ operation, by, node, half: 'to' })
          target.now = new Map(target.now)
        }
        if (operation.kind === 'create' || operation.kind === 'mkdir') directory.now.set(operation.name, { node, by })
        else directory.now.delete(operation.name)
        if (operation.kind === 'rename') target.now.set(operation.to, { node, by })
      }
    }
    this.#prefixes.push({ done: this.#done, image: this.#exact() })
  }

  #sync(node: number): void {
    const directory = this.#directories.get(node)
    if (directory !== undefined) {
      for (const each of this.#hasJournal ? this.#directories.values() : [directory]) this.#syncNames(each)
      return
    }
    const file = this.#files.get(node)!
    for (const { by } of file.pending) this.#pending.delete(by)
    const bytes = contentOf(file, () => 'kept').bytes()
    this.#files.set(node, { synced: bytes, pending: [] })
  }

  #syncNames(directory: DirectoryState): void {
    const { pending } = directory
    directory.synced = new Map(directory.now)
    directory.pending = []
    // Of a rename between two directories the other half may still be lost.
    const others = [...this.#directories.values()].flatMap(each => each.pending)
    for (const { by, half } of pending) {
      if (half === undefined || !others.some(other => other.by === by)) this.#pending.delete(by)
    }
  }

  /** All that was done. */
  #exact(): Image<M> {
    return this.#image(
      directory => directory.now,
      node => contentOf(this.#files.get(node)!, () => 'kept'),
    )
  }

  /** The same with half of the write that comes next. */
  #half(): Image<M> | undefined {
    const next = this.#log[this.#done]
    if (next?.kind !== 'write') return undefined
    return this.#image(
      directory => directory.now,
      node => {
        const file = this.#files.get(node)!
        if (node !== next.node) return contentOf(file, () => 'kept')
        const pending = [...file.pending, { write: next, by: this.#done }]
        return contentOf({ ...file, pending }, by => (by === this.#done ? 'halved' : 'kept'))
      },
    )
  }

  // Of some crashes most is lost, of others one thing alone: an even chance for each would hardly ever give either. What
  // is older has often come to the disk by itself.
  #weak(random: Random): Image<M> {
    // Mostly one of the latest: those are the ones that a disk has not got to yet.
    const pending = [...this.#pending].slice(random.chance(0.7) ? -20 : 0)
    const victim = pending.length > 0 && random.chance(0.35) ? random.pick(pending) : undefined
    const settled = random.chance(0.5) ? 0 : random.below(this.#done + 1)
    const loss = random.pick([0.1, 0.5, 0.9, 1])
    const isHit = (by: number): boolean => (victim === undefined ? by >= settled && random.chance(loss) : by === victim)
    const fateOf = (by: number): Fate => (isHit(by) ? random.pick(fates) : 'kept')
    const contents = new Map<number, Content>()
    const renames = new Map<number, boolean>()
    // One chance for both halves.
    const isRenameHit = (by: number): boolean => {
      const known = renames.get(by) ?? isHit(by)
      renames.set(by, known)
      return known
    }
    return this.#image(
      directory =>
        this.#hasJournal
          ? weakEntries(directory, isRenameHit, () => false)
          : weakEntries(directory, isHit, by => isHit(by) && random.chance(0.3)),
      node => {
        // Two names of one file show the same content.
        const content = contents.get(node) ?? contentOf(this.#files.get(node)!, fateOf)
        contents.set(node, content)
        return content
      },
    )
  }

  #image(entriesOf: (directory: DirectoryState) => Entries, contentOfNode: (node: number) => Content): Image<M> {
    const root = entriesOf(this.#directories.get(rootNode)!)
    const directory = root.get(diskPath.slice(1))
    if (directory === undefined) return { id: 'no directory', boot: random => this.#boot(undefined, random) }
    const files: { readonly path: string; readonly by: number; readonly content: Content }[] = []
    const walk = (state: DirectoryState, prefix: string): void => {
      for (const [name, { node, by }] of entriesOf(state)) {
        const inner = this.#directories.get(node)
        if (inner === undefined) files.push({ path: prefix + name, by, content: contentOfNode(node) })
        else {
          files.push({ path: `${prefix}${name}/`, by, content: emptyDirectory })
          walk(inner, `${prefix}${name}/`)
        }
      }
    }
    walk(this.#directories.get(directory.node)!, '')
    files.sort((a, b) => a.by - b.by)
    const id = files.map(({ by, content }) => `${by}${content.tag}`).join(' ')
    const boot = (random?: Random): M =>
      this.#boot(new Map(files.map(({ path, content }) => [path, content.bytes()])), random)
    return { id, boot }
  }
}

const emptyDirectory: Content = { tag: '/', bytes: () => new Uint8Array(0) }

// Subsets without an order: that an operation is there and an earlier one is not is what reordering looks like.
function weakEntries(
  directory: DirectoryState,
  isHit: (by: number) => boolean,
  isTornApart: (by: number) => boolean,
): Entries {
  if (directory.pending.length === 0) return directory.synced
  const entries = new Map(directory.synced)
  for (const { operation, by, node, half } of directory.pending) {
    const isLost = isHit(by)
    switch (operation.kind) {
      case 'unlink':
        if (!isLost) entries.delete(operation.name)
        break
      case 'rename': {
        // Not even the two halves of a rename are sure to come together.
        if (half === undefined ? isTornApart(by) === isLost : half === 'from' && !isLost) entries.delete(operation.name)
        if (half !== 'from' && !isLost) entries.set(operation.to, { node, by })
        break
      }
      default:
        if (!isLost) entries.set(operation.name, { node, by })
    }
  }
  return entries
}

function contentOf({ synced, pending }: FileState, fateOf: (by: number) => Fate): Content {
  const size = `:${synced.byteLength}`
  if (pending.length === 0) return { tag: size, bytes: () => synced }
  const kept = pending.map(({ write, by }) => ({ write, fate: fateOf(by) }))
  const bytes = (): Uint8Array =>
    kept.reduce((before, { write, fate }) => {
      const found = afterFate(write.bytes, fate)
      return found === undefined ? before : overwrite(before, write.at, found)
    }, synced)
  return { tag: size + kept.map(({ fate }) => fate[0]! + fate.at(-1)!).join(''), bytes }
}

/** What is left of `bytes`. */
export function afterFate(bytes: Uint8Array, fate: Fate): Uint8Array | undefined {
  switch (fate) {
    case 'kept':
      return bytes
    case 'lost':
      return undefined
    case 'halved':
      return bytes.subarray(0, bytes.byteLength >> 1)
    case 'zeroed':
      return new Uint8Array(bytes.byteLength)
    case 'zero tail':
      return overwrite(new Uint8Array(bytes.byteLength), 0, bytes.subarray(0, bytes.byteLength >> 1))
  }
}
