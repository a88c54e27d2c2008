import type { RemoteSink, ResetReason, SyncedEntry } from '../../../src/synced/remote-level.ts'

/** What a {@link RecordingSink} was told, as one line each. */
export class RecordingSink implements RemoteSink {
  readonly calls: string[] = []
  readonly problems: Error[] = []
  /** What a simple local level would hold. */
  readonly entries = new Map<string, SyncedEntry>()
  isInStep = false
  #watches: (() => void)[] = []

  set(key: string, entry: SyncedEntry, sender: string): void {
    const present = this.entries.get(key)
    if (this.isInStep && (present === undefined || present.version < entry.version)) this.entries.set(key, entry)
    this.#tell(`set ${key} ${entry.version} ${sender}`)
  }

  drop(key: string, version: number): void {
    if ((this.entries.get(key)?.version ?? Number.POSITIVE_INFINITY) < version) this.entries.delete(key)
    this.#tell(`drop ${key} ${version}`)
  }

  dropTag(tag: string, version: number): void {
    for (const [key, entry] of this.entries)
      if (entry.tags.includes(tag) && entry.version < version) this.entries.delete(key)
    this.#tell(`dropTag ${tag} ${version}`)
  }

  reset(reason: ResetReason): void {
    this.entries.clear()
    this.#tell(`reset ${reason}`)
  }

  inStep(isInStep: boolean): void {
    this.isInStep = isInStep
    this.#tell(`inStep ${isInStep}`)
  }

  problem(error: Error): void {
    this.problems.push(error)
    this.#tell('problem')
  }

  /** Resolves when what was told so far satisfies `wanted`; rejects after `timeoutMs`. */
  async until(wanted: (sink: RecordingSink) => boolean, timeoutMs = 5000): Promise<void> {
    if (wanted(this)) return
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`It was told only: ${this.calls.join(', ')}`)), timeoutMs)
      const look = (): void => {
        if (!wanted(this)) return
        clearTimeout(timer)
        this.#watches = this.#watches.filter(each => each !== look)
        resolve()
      }
      this.#watches.push(look)
    })
  }

  /** Resolves when `call` was told, now or before. */
  async told(call: string): Promise<void> {
    await this.until(({ calls }) => calls.includes(call))
  }

  /** Forgets what was told. */
  forget(): void {
    this.calls.length = 0
    this.problems.length = 0
  }

  #tell(call: string): void {
    this.calls.push(call)
    for (const look of [...this.#watches]) look()
  }
}
