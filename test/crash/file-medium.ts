import { isTempName, keyFromHex } from '../../src/bytes/file-name.ts'
import type { Durability } from '../../src/store/durability.ts'
import type { FileSystem } from '../../src/store/file-io.ts'
import { FileStore } from '../../src/store/file-store.ts'
import type { Store } from '../../src/store/store.ts'
import { DiskReplay } from './disk-replay.ts'
import type { Medium, Replay } from './medium.ts'
import { type DiskFiles, diskPath, ModelDisk } from './model-disk.ts'
import type { Random } from './random.ts'

/** What stands between the store and its disk. */
export type SystemLayer = (system: FileSystem) => FileSystem

/** A `FileStore` on a {@link ModelDisk}. */
export class FileMedium implements Medium {
  readonly isAtomic = true
  readonly isDurable: boolean
  readonly #durability: Durability
  readonly #files: DiskFiles
  readonly #disk: ModelDisk
  readonly #layer: SystemLayer

  /** Without `random` calls end in their order: faster, and enough where nothing is recorded for a replay. */
  constructor(durability: Durability, random: Random | undefined, files?: DiskFiles, layer: SystemLayer = same) {
    this.#durability = durability
    this.isDurable = durability === 'power'
    this.#files = files
    this.#disk = new ModelDisk(files, random)
    this.#layer = layer
  }

  get length(): number {
    return this.#disk.log.length
  }

  // Not locked: the lock is the kernel's, not the disk's, and every image would be another directory. But alone all the
  // same, so that a cache goes by what it knows, as on a locked one.
  async open(): Promise<Store> {
    const io = this.#layer(this.#disk.system)
    const store = await FileStore.open(diskPath, { durability: this.#durability, lock: false, io })
    return Object.defineProperty(store, 'exclusive', { value: true })
  }

  strays(): readonly string[] {
    return this.#disk.names().filter(name => isTempName(name) || keyFromHex(name) === undefined)
  }

  replay(): Replay {
    return new DiskReplay(this.#files, this.#disk.log, { isDurable: this.isDurable }, (files, random) => {
      return new FileMedium(this.#durability, random, files, this.#layer)
    })
  }

  describe(at: number): string {
    const operation = this.#disk.log[at]
    if (operation === undefined) return 'the end'
    const { kind, ...rest } = operation
    const words = Object.values({ ...rest, bytes: undefined }).filter(value => value !== undefined)
    const size = operation.kind === 'write' ? ` ${operation.bytes.byteLength} bytes` : ''
    return `${kind} ${words.map(word => (typeof word === 'string' ? nameOf(word) : word)).join(' ')}${size}`
  }
}

const same: SystemLayer = system => system

function nameOf(name: string): string {
  return keyFromHex(name) ?? name
}
