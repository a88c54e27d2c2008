/** How many tags are remembered. */
const maxTags = 10_000

/** What is known of a tag against a record: it is `unknown` whether the tag was deleted after the record was written. */
export type TagVerdict = 'valid' | 'dead' | 'unknown'

/**
 * When tags were last deleted, as far as it matters. Every deletion after `floor` is known, so that a record written
 * after it needs no question; for an older one Redis is asked once per tag.
 */
export class TagMemory {
  readonly #deletedAt = new Map<string, number>()
  #floor = 0

  /** Forgets everything; deletions after `sequence` will be told. */
  begin(sequence: number): void {
    this.#deletedAt.clear()
    this.#floor = sequence
  }

  /** The tag was deleted by the change `sequence`, or, with 0, never. `atSequence` is the newest change that is known. */
  deleted(tag: string, sequence: number, atSequence: number): void {
    if (this.#deletedAt.size >= maxTags && !this.#deletedAt.has(tag)) this.begin(atSequence)
    const before = this.#deletedAt.get(tag)
    if (before === undefined || sequence > before) this.#deletedAt.set(tag, sequence)
  }

  /** Whether a record with these tags still holds. */
  judge(tags: readonly string[], sequence: number): TagVerdict {
    let verdict: TagVerdict = 'valid'
    for (const tag of tags) {
      const deletedAt = this.#deletedAt.get(tag)
      if (deletedAt !== undefined) {
        if (deletedAt >= sequence) return 'dead'
      } else if (sequence <= this.#floor) verdict = 'unknown'
    }
    return verdict
  }
}
