import type { CacheError } from '../../errors.ts'
import { isCacheError } from '../../errors.ts'
import { fileError } from '../../store/file-error.ts'
import type { BlobDirectory } from './blob-directory.ts'
import type { BlobLayout, Place } from './blob-layout.ts'
import type { KeyClaims } from './key-claims.ts'
import { parseLine, putLine, removeLine, scannedLine, useLine } from './usage-lines.ts'
import { completeLine, headerLine, UsageLog } from './usage-log.ts'
import { type Usage, UsageTable } from './usage-table.ts'

/** How much may be kept. */
export interface QuotaLimits {
  readonly maxBytes: number
  readonly maxCount: number
  /** How long after its expiry a blob is still as good as any other. */
  readonly graceMs: number
}

/** What a {@link Quota} needs. */
export interface QuotaParts {
  readonly directory: BlobDirectory
  readonly layout: BlobLayout
  readonly claims: KeyClaims
  readonly limits: QuotaLimits
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly onProblem: (error: CacheError) => void
}

const indexSubject = 'the index'
// Whoever scans a large directory takes its time.
const indexWaitMs = 5 * 60_000
// A use is written down once in so long; in between it counts in this process only.
const useEveryMs = 10_000
const maxRecent = 10_000
// The log is written anew when most of its lines are about the past.
const minLines = 10_000

/**
 * Which blobs there are and which were used last, over all processes of the directory: a log that all append to, a table
 * of what it says, and the removal of blobs that exceed the limits. A put is noted before its file gets its name and a
 * removal after it is gone, so the log never knows of less than there is. Without limits the table is not kept.
 */
export class Quota {
  readonly #parts: QuotaParts
  readonly #log: UsageLog
  readonly #isEnforced: boolean
  readonly #recent = new Map<string, number>()
  #table = new UsageTable()
  // Put or removed since the log was begun: a scan that saw them, or a line of the log before, was too early.
  #changed = new Set<string>()
  #lines = 0
  #isComplete = false
  #isSuspect = false

  constructor(parts: QuotaParts) {
    this.#parts = parts
    this.#log = new UsageLog(parts.directory)
    this.#isEnforced = Number.isFinite(parts.limits.maxBytes) || Number.isFinite(parts.limits.maxCount)
  }

  /** Totals, if they are known without a scan. */
  async totals(): Promise<{ readonly bytes: number; readonly count: number } | undefined> {
    await this.#read()
    return this.#isComplete ? { bytes: this.#table.bytes, count: this.#table.count } : undefined
  }

  /** Notes a put and makes room for it. Under the claim of `id`, before the blob gets its name. */
  async admit(id: string, usage: Usage): Promise<void> {
    if (!this.#isEnforced) {
      await this.#log.append(putLine(id, usage))
      return
    }
    await this.#load()
    const noted = await this.#withBefore(id, usage)
    // Again if the line was lost: it followed half a line of a process that died, or the log was built anew meanwhile.
    for (let tries = 0; tries < 5 && !this.#knows(id, noted); tries++) {
      await this.#log.append(putLine(id, noted))
      await this.#load()
    }
    await this.#makeRoom(id)
    if (this.#lines > minLines + 4 * this.#table.count) await this.#compact()
  }

  /** Notes that what was admitted is in the place of a larger blob now. Under the claim; never throws. */
  async published(id: string, usage: Usage): Promise<void> {
    const known = this.#table.get(id)
    if (!this.#isEnforced || (known?.size === usage.size && known.before === undefined)) return
    // Else the log knows of more than there is, as in `settle`.
    await this.#log.append(putLine(id, usage)).catch(() => undefined)
  }

  /** Notes what is there after a put that failed half-way. Under the claim. */
  async settle(place: Place): Promise<void> {
    try {
      await this.#log.append(await this.#lineOf(place))
    } catch {
      // The log knows of more than there is, which costs room until the blob is given up.
    }
  }

  /** Notes a removal. Under the claim, after it; never throws: on a full disk it is removals that help. */
  async removed(id: string): Promise<void> {
    // Else the log knows of more than there is, as in `settle`.
    await this.#log.append(removeLine(id)).catch(() => this.#table.remove(id))
  }

  /** Notes a use; never throws. */
  async used(id: string): Promise<void> {
    if (!this.#isEnforced) return
    const nowMs = this.#now()
    this.#table.use(id, nowMs)
    const last = this.#recent.get(id)
    if (last !== undefined && Math.abs(nowMs - last) < useEveryMs) return
    if (this.#recent.size >= maxRecent) this.#recent.clear()
    this.#recent.set(id, nowMs)
    // That a blob was read is not worth failing for.
    await this.#log.append(useLine(id, nowMs)).catch(() => undefined)
  }

  async close(): Promise<void> {
    await this.#log.close()
  }

  // Should this process die, what was there before still is.
  async #withBefore(id: string, usage: Usage): Promise<Usage> {
    const known = this.#table.get(id)
    if (known === undefined) return usage
    if (known.body === undefined && usage.body === undefined && known.before === undefined) {
      return { ...usage, size: Math.max(usage.size, known.size) }
    }
    const place = known.before && this.#parts.layout.placeOf(id)
    // What a process that died left: one of the two.
    const { size, body } = (place && (await this.#usageOf(place))) ?? known
    return { ...usage, before: { size, body } }
  }

  #knows(id: string, { size, usedMs, expiresAtMs, body }: Usage): boolean {
    const known = this.#table.get(id)
    if (known === undefined || known.body !== body) return false
    // A use of what was there before may have come between.
    return known.size === size && known.expiresAtMs === expiresAtMs && known.usedMs >= usedMs
  }

  #now(): number {
    return Math.floor(this.#parts.clock())
  }

  // Table and log agree afterwards; builds the log if there is none that is complete.
  async #load(): Promise<void> {
    await this.#read()
    if (this.#isComplete) return
    const claim = await this.#parts.claims.take(indexSubject, { waitMs: indexWaitMs })
    try {
      await this.#read()
      if (!this.#isComplete) await this.#rebuild()
    } finally {
      await claim.release()
    }
  }

  async #read(): Promise<void> {
    const state = await this.#log.read(
      line => this.#apply(line),
      () => this.#reset(),
    )
    if (state === 'none') this.#reset()
  }

  #reset(): void {
    this.#table = new UsageTable()
    this.#changed = new Set()
    this.#lines = 0
    this.#isComplete = false
    this.#isSuspect = false
  }

  #apply(line: string): void {
    if (this.#lines++ === 0) {
      this.#isSuspect = line !== headerLine()
      return
    }
    if (line === completeLine) {
      this.#isComplete = !this.#isSuspect
      this.#changed.clear()
      return
    }
    const parsed = parseLine(line)
    if (parsed === undefined) {
      // Half a line, or one of someone else's: what it said is unknown.
      this.#isSuspect = true
      this.#isComplete = false
      return
    }
    const { id } = parsed
    if (parsed.kind === 'use') this.#table.use(id, parsed.usedMs)
    else if (parsed.kind === 'scanned') {
      if (this.#table.get(id) === undefined && !this.#changed.has(id)) this.#table.put(id, parsed.usage)
    } else if (!parsed.isLate || !this.#changed.has(id)) {
      if (parsed.kind === 'put') this.#table.put(id, parsed.usage)
      else this.#table.remove(id)
      if (!parsed.isLate && !this.#isComplete) this.#changed.add(id)
    }
  }

  // Begins a new log at once, so that nothing of what others do during the scan is missed.
  async #rebuild(): Promise<void> {
    const before = this.#table
    await this.#log.rewrite([])
    const { layout } = this.#parts
    const found = new Map<string, Usage>()
    for await (const { id, meta, body } of layout.scan()) {
      const known = before.get(id)
      const usedMs = Math.max(known?.usedMs ?? 0, Math.floor(meta.updatedAt.getTime()))
      found.set(id, { size: meta.size, expiresAtMs: expiryOf(meta.expiresAt), usedMs, body })
    }
    // Of a put that is under way the old log may know, and the scan cannot.
    for (const [id, usage] of before.entries()) {
      const scanned = found.get(id)
      const isSame = scanned?.size === usage.size && scanned.body === usage.body && usage.before === undefined
      if (!isSame && (await this.#isClaimed(id))) found.set(id, usage)
    }
    const lines = [...found].sort(([, a], [, b]) => a.usedMs - b.usedMs).map(each => scannedLine(...each))
    for (let at = 0; at < lines.length; at += 1000) await this.#log.append(lines.slice(at, at + 1000).join('\n'))
    await this.#log.append(completeLine)
    await this.#read()
  }

  async #isClaimed(id: string): Promise<boolean> {
    const claim = await this.#parts.claims.tryTake(id)
    await claim?.release()
    return claim === undefined
  }

  async #compact(): Promise<void> {
    const claim = await this.#parts.claims.tryTake(indexSubject)
    if (claim === undefined) return
    try {
      await this.#read()
      if (!this.#isComplete) return
      await this.#log.rewrite(Array.from(this.#table.entries(), each => scannedLine(...each)))
      await this.#log.append(completeLine)
    } finally {
      await claim.release()
    }
  }

  get #isOver(): boolean {
    const { maxBytes, maxCount } = this.#parts.limits
    return this.#table.bytes > maxBytes || this.#table.count > maxCount
  }

  async #makeRoom(ownId: string): Promise<void> {
    const spared = new Set([ownId])
    while (this.#isOver) {
      const id = this.#table.victim(this.#now() - this.#parts.limits.graceMs, spared)
      if (id === undefined) return
      // Whoever has it claimed puts or removes it: it is in use.
      const claim = await this.#parts.claims.tryTake(id)
      if (claim === undefined) {
        spared.add(id)
        continue
      }
      try {
        await this.#read()
        if (this.#table.get(id) !== undefined) await this.#giveUp(id)
      } catch (error) {
        this.#parts.onProblem(fileError(error, 'Cannot remove a blob to make room'))
        spared.add(id)
      } finally {
        await claim.release()
      }
      if (!this.#isComplete) await this.#load()
    }
  }

  async #giveUp(id: string): Promise<void> {
    const { layout } = this.#parts
    const place = layout.placeOf(id)
    if (place !== undefined) await layout.remove(place)
    await this.removed(id)
    await this.#read()
  }

  async #lineOf(place: Place): Promise<string> {
    const usage = await this.#usageOf(place)
    return usage === undefined ? removeLine(place.id) : putLine(place.id, usage)
  }

  async #usageOf(place: Place): Promise<Usage | undefined> {
    try {
      const found = await this.#parts.layout.inspect(place)
      if (found === undefined) return undefined
      const { meta, body } = found
      return { size: meta.size, expiresAtMs: expiryOf(meta.expiresAt), usedMs: this.#now(), body }
    } catch (error) {
      if (isCacheError(error, 'CORRUPT')) return undefined
      throw error
    }
  }
}

/** As the index keeps it. */
export function expiryOf(expiresAt: Date | undefined): number | undefined {
  return expiresAt?.getTime()
}
