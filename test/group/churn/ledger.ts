import { isAbsent, versionIn } from './churn-values.ts'

/** What a get gave for one key: a value, that there is none, or an error. */
export interface Found {
  readonly text?: string
  readonly isAbsent?: boolean
  readonly code?: string
  readonly message?: string
}

interface Book {
  /** The origin's. */
  version: number
  /** What no get may be below that begins from now on. */
  floor: number
  /** A write is under way, or one that failed may still land. */
  isBusy: boolean
}

/** A write that was begun. */
export interface Write {
  readonly names: readonly string[]
  readonly versions: readonly number[]
  readonly era: number
}

/**
 * The origin's data, and what a get may say of it.
 *
 * Versions of a key only grow: whoever writes raises the version at the origin first, then sets the new value or removes
 * the key. Writes of a key do not overlap, and one that failed may land late at a node that was told and did not answer,
 * so that the next one waits a little.
 *
 * The rule. Let a write resolve, and let the fleet have been whole from before it began until then: every node up, able to
 * reach every other, and with the same list of all. Then no get that begins afterwards, at any node, answers a version
 * below the written one; not after kills, restarts, partitions and rings that disagree later either, as nothing older is
 * left in any memory or store, or on its way to one. The same for "there is none".
 *
 * Of other writes, docs/group.md promises less: they rejected, or did not know all nodes, and then an old value may stay
 * where they did not get to, and be answered until it expires. What always holds: a value is one that the key had, byte for
 * byte, and not one of the future.
 */
export class Ledger {
  readonly wrong: string[] = []
  counts = { values: 0, absent: 0, old: 0, writes: 0, wholeWrites: 0, failedWrites: 0, failedWhileWhole: 0, loads: 0 }
  readonly #books = new Map<string, Book>()
  #era = 0
  #disturbances = 0

  constructor(names: readonly string[]) {
    for (const name of names) this.#books.set(name, { version: 1, floor: 1, isBusy: false })
  }

  get isWhole(): boolean {
    return this.#disturbances === 0
  }

  /** Whether any write of the keys may be under way. */
  isBusy(names: readonly string[]): boolean {
    return names.some(name => this.#book(name).isBusy)
  }

  version(name: string): number {
    return this.#book(name).version
  }

  floor(name: string): number {
    return this.#book(name).floor
  }

  /** The fleet is not whole until what this gives is called. */
  disturb(): () => void {
    this.#era++
    this.#disturbances++
    return () => {
      this.#era++
      this.#disturbances--
    }
  }

  /** Raises the versions; none of the keys may be busy. */
  beginWrite(names: readonly string[]): Write {
    const versions = names.map(name => {
      const book = this.#book(name)
      book.isBusy = true
      return ++book.version
    })
    return { names, versions, era: this.isWhole ? this.#era : -1 }
  }

  /** @param landsLateMs how long the write may go on where it failed. */
  endWrite({ names, versions, era }: Write, isDone: boolean, landsLateMs: number): void {
    const wasWhole = era === this.#era
    this.counts.writes++
    if (!isDone) this.counts.failedWrites++
    if (!isDone && wasWhole) this.counts.failedWhileWhole++
    if (isDone && wasWhole) {
      this.counts.wholeWrites++
      for (const [i, name] of names.entries()) this.#book(name).floor = versions[i]!
    }
    const free = (): void => {
      for (const name of names) this.#book(name).isBusy = false
    }
    if (isDone) free()
    else setTimeout(free, landsLateMs).unref()
  }

  /** Judges what a get found that began when the floor was `floor`. */
  judge(name: string, floor: number, found: Found, where: string): void {
    const { version } = this.#book(name)
    if (found.isAbsent) {
      this.counts.absent++
      for (let v = floor; v <= version; v++) if (isAbsent(v)) return
      this.#blame(`${where}: ${name} is not there, in every version from ${floor} to ${version} it is`)
    } else if (found.text !== undefined) {
      this.counts.values++
      const seen = versionIn(name, found.text)
      if (seen === undefined) this.#blame(`${where}: ${name} is "${found.text}", which it never was`)
      else if (seen > version) this.#blame(`${where}: ${name} is of version ${seen}, the newest is ${version}`)
      else if (seen < floor) this.#blame(`${where}: ${name} is of version ${seen}, ${floor} was written everywhere`)
      else if (isAbsent(seen)) this.#blame(`${where}: ${name} is of version ${seen}, which has no value`)
      else if (seen < version) this.counts.old++
    }
  }

  #blame(text: string): void {
    if (this.wrong.length < 20) this.wrong.push(text)
  }

  #book(name: string): Book {
    const book = this.#books.get(name)
    if (book === undefined) throw new Error(`No key is called ${name}`)
    return book
  }
}
