import type { FileSystem } from '../../src/store/file-io.ts'
import { withFault } from '../store/faulty-file-system.ts'
import type { ModelDisk } from './model-disk.ts'

/** Kills a process: from then on, no call of its file system does anything or ever ends. */
export class KillSwitch {
  /** Resolves at the first call that comes to nothing. */
  readonly killed: Promise<void>
  readonly #disk: ModelDisk
  #kill: () => void = () => undefined
  #killAt = Number.POSITIVE_INFINITY

  constructor(disk: ModelDisk) {
    this.#disk = disk
    this.killed = new Promise(resolve => {
      this.#kill = resolve
    })
  }

  /** Stops the process for good after so many more operations of the disk. */
  killAfter(operations: number): void {
    this.#killAt = this.#disk.log.length + operations
  }

  /** The file system as the process has it. */
  layer(system: FileSystem): FileSystem {
    const stop = (): unknown => {
      if (this.#disk.log.length < this.#killAt) return undefined
      this.#kill()
      return new Promise(() => undefined)
    }
    return { ...system, blocking: withFault(system.blocking, stop), pooled: withFault(system.pooled, stop) }
  }
}
