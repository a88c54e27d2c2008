import { DiskBlobStore } from '../../../src/blob/disk/disk-blob-store.ts'
import { bootId, processToken } from '../../../src/blob/disk/process-token.ts'
import { utf8Decode } from '../../../src/bytes/utf8.ts'
import type { FileIo, FileSystem } from '../../../src/store/file-io.ts'
import { DiskReplay } from '../disk-replay.ts'
import type { SystemLayer } from '../file-medium.ts'
import { KillSwitch } from '../kill-switch.ts'
import type { Replay } from '../medium.ts'
import { type DiskFiles, type DiskOperation, diskPath, ModelDisk } from '../model-disk.ts'
import type { Random } from '../random.ts'
import type { BlobConfig } from './blob-life.ts'

/** A directory of blobs on a {@link ModelDisk}, which processes use one after the other. */
export class BlobDisk {
  readonly config: BlobConfig
  readonly #files: DiskFiles
  readonly #disk: ModelDisk
  readonly #layer: SystemLayer
  #processes: number

  constructor(config: BlobConfig, random: Random | undefined, layer: SystemLayer, files?: DiskFiles, processes = 0) {
    this.config = config
    this.#files = files
    this.#disk = new ModelDisk(files, random)
    this.#layer = layer
    this.#processes = processes
  }

  /** How many operations are recorded. */
  get length(): number {
    return this.#disk.log.length
  }

  /** A new process. */
  process(): BlobProcess {
    return new BlobProcess(this.#disk, this.config, this.#layer, ++this.#processes)
  }

  /** Paths of all files. */
  paths(): string[] {
    return this.#disk.paths()
  }

  /** Goes through the recording; `hasRestarted` of what it boots says whether the machine was started anew. */
  replay(): Replay<(hasRestarted: boolean) => BlobDisk> {
    const { durability, layout } = this.config
    const options = { isDurable: durability === 'power', hasJournal: layout === 'diskblob' }
    const processes = this.#processes
    return new DiskReplay(this.#files, this.#disk.log, options, (files, random) => hasRestarted => {
      return new BlobDisk(this.config, random, this.#layer, hasRestarted ? ofAnotherBoot(files) : files, processes)
    })
  }

  /** Operation `at` in words. */
  describe(at: number): string {
    return describeOperation(this.#disk.log[at])
  }
}

/** One process: what it calls its own files is what the ones after it take for those of a dead one. */
export class BlobProcess {
  readonly system: FileSystem
  /** Resolves once it was killed. */
  readonly killed: Promise<void>
  readonly #config: BlobConfig
  readonly #switch: KillSwitch

  constructor(disk: ModelDisk, config: BlobConfig, layer: SystemLayer, number: number) {
    this.#config = config
    this.#switch = new KillSwitch(disk)
    this.killed = this.#switch.killed
    const own = processToken()
    // No system has processes of such numbers.
    const alias = own.replace(/^[0-9a-f]+/, (0x400000 + number).toString(16))
    const view = (io: FileIo): FileIo =>
      new Proxy(io, {
        get(target, name, receiver) {
          const call: unknown = Reflect.get(target, name, receiver)
          if (typeof call !== 'function') return call
          return (...args: unknown[]): unknown => {
            const given = args.map(arg => (typeof arg === 'string' ? arg.replaceAll(own, alias) : arg))
            return Reflect.apply(call, target, given)
          }
        },
      })
    const system = this.#switch.layer(disk.system)
    const blocking = view(system.blocking)
    const readdir: FileIo['readdir'] = async path => {
      const entries = await blocking.readdir(path)
      return entries.map(entry => ({ name: entry.name.replaceAll(alias, own), isFile: () => entry.isFile() }))
    }
    this.system = layer({
      ...system,
      blocking: withCalls(blocking, { readdir }),
      pooled: withCalls(view(system.pooled), { readdir }),
    })
  }

  /** Stops for good after so many more operations. */
  killAfter(operations: number): void {
    this.#switch.killAfter(operations)
  }

  /** Opens a store as this process. */
  async open(clock: () => number, problems: unknown[], readOnly = false): Promise<DiskBlobStore> {
    const { layout, durability, maxBytes, maxCount } = this.#config
    const onProblem = (problem: unknown): void => void problems.push(problem)
    const limits = { maxBytes, maxCount, clock, onProblem, readOnly }
    return await DiskBlobStore.open(diskPath, { layout, durability, ...limits, io: this.system })
  }
}

/** The calls of `io` with some in place of its own. */
export function withCalls(io: FileIo, calls: Partial<FileIo>): FileIo {
  return new Proxy(io, {
    get: (target, name, receiver) => Reflect.get(name in calls ? calls : target, name, receiver),
  })
}

// The log of use belongs to one start of the machine: after another one, what it says is not believed.
function ofAnotherBoot(files: DiskFiles): DiskFiles {
  if (files === undefined) return undefined
  const other = bootId().replace(/[0-9a-f]/, digit => (digit === '0' ? '1' : '0'))
  const changed = new Map(files)
  for (const [path, bytes] of files) {
    if (!/(^|\/)index$/.test(path)) continue
    const text = Buffer.from(bytes).toString('latin1')
    changed.set(path, Buffer.from(text.replace(bootId(), other), 'latin1'))
  }
  return changed
}

function describeOperation(operation: DiskOperation | undefined): string {
  if (operation === undefined) return 'the end'
  const { kind, ...rest } = operation
  const words = Object.values({ ...rest, bytes: undefined }).filter(value => value !== undefined)
  if (operation.kind !== 'write') return `${kind} ${words.join(' ')}`
  const { bytes } = operation
  return `${kind} ${words.join(' ')}: ${bytes.byteLength} bytes ${textOf(bytes.subarray(0, 60))}`
}

function textOf(bytes: Uint8Array): string {
  try {
    return JSON.stringify(utf8Decode(bytes))
  } catch {
    return ''
  }
}
