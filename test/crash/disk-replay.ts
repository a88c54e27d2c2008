import type { CrashModel, CrashState, Image, Medium, Replay } from './medium.ts'
import { type DiskFiles, type DiskOperation, diskPath, overwrite, rootNode } from './model-disk.ts'
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

interface DirectoryState {
  now: Entries
  synced: Entries
  pending: { readonly operation: NameOperation; readonly by: number; readonly node: number }[]
}

interface Content {
  readonly tag: string
  readonly bytes: () => Uint8Array
}

/** What becomes of a write that was not made durable and that the crash hit. */
const fates = ['lost', 'halved', 'zeroed', 'zero tail'] as const
type Fate = 'kept' | (typeof fates)[number]

/** The crash states of what was done to a disk, for a medium that `boot` makes. */
export class DiskReplay implements Replay {
  readonly #log: readonly DiskOperation[]
  readonly #isDurable: boolean
  readonly #boot: (files: DiskFiles, random: Random | undefined) => Medium
  readonly #files = new Map<number, FileState>()
  readonly #directories = new Map<number, DirectoryState>()
  /** Images of the exact prefixes, by number of operations, since the last thing that was made durable. */
  readonly #prefixes: { readonly done: number; readonly image: Image }[] = []
  /** Operations that are not durable. */
  readonly #pending = new Set<number>()
  #done = 0

  constructor(
    base: DiskFiles,
    log: readonly DiskOperation[],
    isDurable: boolean,
    boot: (files: DiskFiles, random: Random | undefined) => Medium,
  ) {
    this.#log = log
    this.#isDurable = isDurable
    this.#boot = boot
    // Numbered as ModelDisk does it.
    let node = rootNode + 1
    const root: Entries = new Map()
    this.#directories.set(rootNode, { now: root, synced: new Map(), pending: [] })
    if (base !== undefined) {
      const entries: Entries = new Map()
      root.set(diskPath.slice(1), { node, by: -1 })
      this.#directories.set(node++, { now: entries, synced: new Map(), pending: [] })
      for (const [name, bytes] of base) {
        entries.set(name, { node, by: -1 - node })
        this.#files.set(node++, { synced: bytes, pending: [] })
      }
      for (const state of this.#directories.values()) state.synced = new Map(state.now)
    }
    this.#prefixes.push({ done: 0, image: this.#exact() })
  }

  at(done: number, random: Random, picks: number): CrashState[] {
    while (this.#done < done) this.#apply(this.#log[this.#done]!)
    const states: CrashState[] = []
    const seen = new Set<string>()
    const add = (model: CrashModel, image: Image, from: number, to: number, mayBeEmpty: boolean): void => {
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

  #choosePrefixes(random: Random, picks: number): { readonly done: number; readonly image: Image }[] {
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
        directory.pending.push({ operation, by, node })
        directory.now = new Map(directory.now)
        if (operation.kind === 'create' || operation.kind === 'mkdir') directory.now.set(operation.name, { node, by })
        else directory.now.delete(operation.name)
        if (operation.kind === 'rename') directory.now.set(operation.to, { node, by })
      }
    }
    this.#prefixes.push({ done: this.#done, image: this.#exact() })
  }

  #sync(node: number): void {
    const directory = this.#directories.get(node)
    if (directory !== undefined) {
      for (const { by } of directory.pending) this.#pending.delete(by)
      directory.synced = new Map(directory.now)
      directory.pending = []
      return
    }
    const file = this.#files.get(node)!
    for (const { by } of file.pending) this.#pending.delete(by)
    const bytes = contentOf(file, () => 'kept').bytes()
    this.#files.set(node, { synced: bytes, pending: [] })
  }

  /** All that was done. */
  #exact(): Image {
    return this.#image(
      directory => directory.now,
      node => contentOf(this.#files.get(node)!, () => 'kept'),
    )
  }

  /** The same with half of the write that comes next. */
  #half(): Image | undefined {
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
  #weak(random: Random): Image {
    // Mostly one of the latest: those are the ones that a disk has not got to yet.
    const pending = [...this.#pending].slice(random.chance(0.7) ? -20 : 0)
    const victim = pending.length > 0 && random.chance(0.35) ? random.pick(pending) : undefined
    const settled = random.chance(0.5) ? 0 : random.below(this.#done + 1)
    const loss = random.pick([0.1, 0.5, 0.9, 1])
    const isHit = (by: number): boolean => (victim === undefined ? by >= settled && random.chance(loss) : by === victim)
    const fateOf = (by: number): Fate => (isHit(by) ? random.pick(fates) : 'kept')
    const contents = new Map<number, Content>()
    return this.#image(
      directory => weakEntries(directory, isHit, by => isHit(by) && random.chance(0.3)),
      node => {
        // Two names of one file show the same content.
        const content = contents.get(node) ?? contentOf(this.#files.get(node)!, fateOf)
        contents.set(node, content)
        return content
      },
    )
  }

  #image(entriesOf: (directory: DirectoryState) => Entries, contentOfNode: (node: number) => Content): Image {
    const root = entriesOf(this.#directories.get(rootNode)!)
    const directory = root.get(diskPath.slice(1))
    if (directory === undefined) return { id: 'no directory', boot: random => this.#boot(undefined, random) }
    const files = [...entriesOf(this.#directories.get(directory.node)!)].map(([name, { node, by }]) => {
      return { name, by, content: contentOfNode(node) }
    })
    files.sort((a, b) => a.by - b.by)
    const id = files.map(({ by, content }) => `${by}${content.tag}`).join(' ')
    const boot = (random?: Random): Medium =>
      this.#boot(new Map(files.map(({ name, content }) => [name, content.bytes()])), random)
    return { id, boot }
  }
}

// Subsets without an order: that an operation is there and an earlier one is not is what reordering looks like.
function weakEntries(
  directory: DirectoryState,
  isHit: (by: number) => boolean,
  isTornApart: (by: number) => boolean,
): Entries {
  if (directory.pending.length === 0) return directory.synced
  const entries = new Map(directory.synced)
  for (const { operation, by, node } of directory.pending) {
    const isLost = isHit(by)
    switch (operation.kind) {
      case 'unlink':
        if (!isLost) entries.delete(operation.name)
        break
      case 'rename': {
        // Not even the two halves of a rename are sure to come together.
        if (isTornApart(by) === isLost) entries.delete(operation.name)
        if (!isLost) entries.set(operation.to, { node, by })
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
