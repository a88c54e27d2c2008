/** Stands for one call that will bring an entry of a key: what the level knew when it began. */
export interface Watch {
  readonly key: string
  /** The era of the level then. */
  readonly era: number
  /** How many moves were seen then. */
  readonly moves: number
}

interface Watched {
  holders: number
  /** The highest version that the key moved to while it was watched. */
  version: number
  /** The number of that move. */
  move: number
  /** The highest version to which Redis's value moved. */
  changedTo: number
}

/** Above this many keys at once no more is watched: what is read of them is answered, and not kept. */
const maxWatches = 100_000

/** So many tags are remembered while anything is watched. */
const maxTags = 1024

/** Which keys have a call under way that brings an entry, and where they moved meanwhile. */
export class Watches {
  readonly #watched = new Map<string, Watched>()
  readonly #tags = new Map<string, number>()
  #moves = 0
  #era = 0

  /** How many keys are watched. */
  get size(): number {
    return this.#watched.size
  }

  /** Begins before the call is made; {@link end} is called exactly once. */
  begin(key: string): Watch {
    const watched = this.#watched.get(key)
    if (watched !== undefined) watched.holders += 1
    else if (this.#watched.size >= maxWatches) return { key, era: -1, moves: 0 }
    else this.#watched.set(key, { holders: 1, version: -1, move: 0, changedTo: -1 })
    return { key, era: this.#era, moves: this.#moves }
  }

  end(watch: Watch): void {
    const watched = this.#watched.get(watch.key)
    if (watched === undefined || watch.era === -1) return
    watched.holders -= 1
    if (watched.holders > 0) return
    this.#watched.delete(watch.key)
    if (this.#watched.size === 0) this.#tags.clear()
  }

  /** The key has, or had, an entry or a deletion of this version; or, with `isOnlyHere`, only copies here are void. */
  move(key: string, version: number, isOnlyHere: boolean): void {
    const watched = this.#watched.get(key)
    if (watched === undefined) return
    this.#moves += 1
    watched.version = Math.max(watched.version, version)
    watched.move = this.#moves
    if (!isOnlyHere) watched.changedTo = Math.max(watched.changedTo, version)
  }

  /** The highest version to which the value in Redis was seen to move; -1: it was not. */
  changedTo({ key }: Watch): number {
    return this.#watched.get(key)?.changedTo ?? -1
  }

  moveTag(tag: string, version: number): void {
    if (this.#watched.size === 0) return
    this.#tags.set(tag, Math.max(version, this.#tags.get(tag) ?? -1))
    if (this.#tags.size > maxTags) this.moveAll()
  }

  /** Nothing that was begun before may be kept. */
  moveAll(): void {
    this.#era += 1
    this.#tags.clear()
  }

  /** Whether nothing newer than `version` of the key, or of its tags, was seen since the watch began. */
  isCurrent(watch: Watch, version: number, tags: readonly string[]): boolean {
    if (watch.era !== this.#era) return false
    const watched = this.#watched.get(watch.key)
    if (watched === undefined || (watched.move > watch.moves && watched.version > version)) return false
    return tags.every(tag => (this.#tags.get(tag) ?? -1) <= version)
  }
}
