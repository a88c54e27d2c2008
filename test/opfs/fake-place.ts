import type { LogFiles } from '../../src/opfs/key-log.ts'
import { OpfsStore, type OpfsStoreOptions } from '../../src/opfs/opfs-store.ts'
import { FakeFile } from './fake-file.ts'

/** Two files in memory where a store finds them. */
export class FakePlace {
  #contents: readonly Uint8Array[] = [new Uint8Array(0), new Uint8Array(0)]
  #files: readonly FakeFile[] = []
  #isThere = true
  /** Called with each file that is opened. */
  onFile: (file: FakeFile, index: number) => void = () => undefined

  /** The files as they were opened last. */
  get files(): readonly FakeFile[] {
    return this.#files
  }

  async open(): Promise<LogFiles> {
    this.#keep()
    this.#isThere = true
    const [first, second] = this.#contents.map(content => new FakeFile(content))
    this.#files = [first!, second!]
    for (const [i, file] of this.#files.entries()) this.onFile(file, i)
    return [first!, second!]
  }

  async isThere(): Promise<boolean> {
    return this.#isThere
  }

  /** Removes the files, as a browser does that clears the data of an origin; what has them open goes on. */
  remove(): void {
    this.#isThere = false
    this.#files = []
    this.#contents = [new Uint8Array(0), new Uint8Array(0)]
  }

  /** Another place with the same bytes. */
  copy(): FakePlace {
    this.#keep()
    const copy = new FakePlace()
    copy.#contents = this.#contents
    return copy
  }

  #keep(): void {
    if (this.#files.length > 0) this.#contents = this.#files.map(({ content }) => content)
  }
}

let opened = 0

/** A store in memory. Its name is its own: an abandoned one keeps its lock where there are locks. */
export async function openFake(place: FakePlace, options: OpfsStoreOptions = {}): Promise<OpfsStore> {
  return await OpfsStore.open(`fake-${++opened}`, { minGarbageBytes: 2_000, ...options, place: () => place })
}
