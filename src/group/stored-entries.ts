import type { CallSignal } from '../core/call-signal.ts'
import type { Entry } from './entry.ts'
import { type Flight, Flights } from './flights.ts'
import type { AfterRestart } from './group-options.ts'
import type { RecordStats } from './group-stats.ts'
import type { RecordStore } from './record-store.ts'

/** What the store has of a key. */
export interface StoredEntry {
  readonly entry: Entry
  /** Whether it may have missed a set or remove, as an earlier run of this node stored it. */
  readonly isUnconfirmed: boolean
}

/**
 * The persistent level of a group as its gets see it: reads never fail, writes may be left behind. The empty key, which
 * the wire knows and stores do not, is not kept.
 */
export class StoredEntries {
  readonly #records: RecordStore
  readonly #afterRestart: AfterRestart
  readonly #reads = new Flights<StoredEntry | undefined>()

  constructor(records: RecordStore, afterRestart: AfterRestart) {
    this.#records = records
    this.#afterRestart = afterRestart
  }

  /** What the store has; `keep` is called with it before anybody else, unless the key was set or removed meanwhile. */
  read(
    key: string,
    signal: CallSignal | undefined,
    keep: (stored: StoredEntry) => void,
  ): Promise<StoredEntry | undefined> {
    const work = async (flight: Flight) => {
      const stored = await this.#load(key, flight)
      if (stored !== undefined && flight.isCurrent) keep(stored)
      return stored
    }
    return this.#reads.run(key, work, signal)
  }

  /** Reads under way bring what is outdated now. */
  detach(key: string): void {
    this.#reads.detach(key)
  }

  /** Stores what was loaded, behind. */
  fill(key: string, entry: Entry): void {
    if (key !== '') this.#records.fill(key, entry)
  }

  /** Resolves when the store has it. */
  set(key: string, entry: Entry): Promise<void> {
    return this.#records.set(key, entry)
  }

  /** Resolves when the store has it no more. */
  async remove(key: string): Promise<void> {
    if (key !== '') await this.#records.remove(key)
  }

  /** Removes behind; the store tells of its failures itself. */
  forget(key: string): void {
    this.remove(key).catch(ignore)
  }

  stats(): RecordStats {
    return this.#records.stats()
  }

  /** Ends the reads. */
  end(reason: unknown): void {
    this.#reads.close(reason)
  }

  /** Resolves when all fills are stored. */
  close(): Promise<void> {
    return this.#records.close()
  }

  async #load(key: string, flight: Flight): Promise<StoredEntry | undefined> {
    if (key === '') return undefined
    try {
      const record = await this.#records.load(key, flight.signal)
      if (record === undefined) return undefined
      const isUnconfirmed = record.isEarlierRun && this.#afterRestart !== 'trust'
      if (!isUnconfirmed || this.#afterRestart === 'revalidate') return { entry: record.entry, isUnconfirmed }
      // What was set meanwhile is not what was read.
      if (flight.isCurrent) this.forget(key)
      return undefined
    } catch (error) {
      // A store that fails is a miss, and has told of it.
      if (flight.signal.aborted) throw error
      return undefined
    }
  }
}

function ignore(): void {}
