import { setTimeout as sleep } from 'node:timers/promises'
import { isCacheError } from '../../../src/errors.ts'
import type { SyncedCache } from '../../../src/synced/index.ts'
import type { Random } from '../../helpers/random.ts'
import { isOf, keyNames, longStaleMs, shortLifeMs, tagNames, times, writtenValue } from './soak-values.ts'

/** What is allowed to be answered while everything breaks. */
const expectedCodes = new Set(['UNAVAILABLE', 'ABORTED'])
/** No call may take longer: each has its deadline, of a loader too; the rest is for a machine that is busy. */
const hungMs = times.timeoutMs * 6 + 4_000
const clients = 6
/** Of calls; the others change something. */
const shareOfReads = 0.58

/** What the load of a process is to be. */
export interface SoakLoadOptions {
  readonly isReader: boolean
  readonly onProblem: (text: string) => void
}

/** Reads and writes of a process of the soak, as fast as its clients get answers. */
export class SoakLoad {
  readonly counts: Record<string, number> = {}
  readonly #cache: SyncedCache<string>
  readonly #random: Random
  readonly #writer: string
  readonly #isReader: boolean
  readonly #onProblem: (text: string) => void
  #writes = 0
  #isOver = true
  #running: Promise<unknown> = Promise.resolve()

  constructor(cache: SyncedCache<string>, writer: string, random: Random, { isReader, onProblem }: SoakLoadOptions) {
    this.#cache = cache
    this.#writer = writer
    this.#random = random
    this.#isReader = isReader
    this.#onProblem = onProblem
  }

  start(): void {
    this.#isOver = false
    this.#running = Promise.all(Array.from({ length: clients }, () => this.#client()))
  }

  /** Ends when the last call has. */
  async stop(): Promise<void> {
    this.#isOver = true
    await this.#running
  }

  async #client(): Promise<void> {
    while (!this.#isOver) {
      await this.#act()
      await sleep(this.#random.below(4))
    }
  }

  async #act(): Promise<void> {
    const [name, call] = this.#pick()
    this.#count(name)
    const startedAt = performance.now()
    const late = setTimeout(() => this.#onProblem(`${name} did not end in ${hungMs} ms`), hungMs)
    try {
      await call()
    } catch (error) {
      const code = isCacheError(error) ? error.code : String(error)
      if (expectedCodes.has(code)) this.#count(code)
      else this.#onProblem(`${name}: ${error instanceof Error ? `${code} ${error.message} (${error.cause})` : code}`)
    }
    clearTimeout(late)
    this.counts['slowestMs'] = Math.max(this.counts['slowestMs'] ?? 0, Math.round(performance.now() - startedAt))
  }

  #pick(): readonly [string, () => Promise<unknown>] {
    const cache = this.#cache
    const random = this.#random
    const key = this.#key()
    // What a reader loads is nobody else's, and would differ from Redis for good reason.
    const dice = random.unit() * (this.#isReader ? shareOfReads : 1)
    const signal = random.chance(0.03) ? AbortSignal.timeout(random.below(20)) : undefined
    if (dice < 0.5) return ['get', async () => this.#judge(key, await cache.get(key, { signal }))]
    if (dice < shareOfReads) {
      const keys = Array.from({ length: 8 }, () => this.#key())
      return [
        'getMany',
        async () => (await cache.getMany(keys, { signal })).forEach((value, of) => void this.#judge(of, value)),
      ]
    }
    const options = { ...this.#times(), ...(random.chance(0.2) ? { broadcast: 'key' as const } : {}), signal }
    if (dice < 0.74) return ['set', () => cache.set(key, this.#value(key), options)]
    if (dice < 0.79) {
      const entries = Array.from({ length: 5 }, () => this.#key()).map(each => [each, this.#value(each)] as const)
      return ['setMany', () => cache.setMany(entries, options)]
    }
    if (dice < 0.84) return ['delete', () => cache.delete(key, { signal })]
    if (dice < 0.88) return ['invalidate', () => cache.invalidate(key, { signal })]
    if (dice < 0.98) {
      const load = async (): Promise<string | undefined> => {
        await sleep(random.below(30))
        return random.chance(0.1) ? undefined : this.#value(key)
      }
      const lease = random.chance(0.5) ? { lease: true, leaseMs: 500 } : {}
      const wanted = { ...this.#times(), ...lease, staleMs: random.below(2) * longStaleMs, signal }
      return ['getOrSet', async () => this.#judge(key, await cache.getOrSet(key, load, wanted))]
    }
    if (dice < 0.997) return ['deleteByTag', () => cache.deleteByTag(random.pick(tagNames), { signal })]
    return ['clear', () => cache.clear({ signal })]
  }

  #judge(key: string, value: string | undefined): void {
    if (value !== undefined && !isOf(key, value))
      this.#onProblem(`${key} has the value of another: ${value.slice(0, 60)}`)
  }

  // For ever, or so short that it is over soon when all rests.
  #times(): { ttlMs?: number; tags: readonly string[] } {
    const tags = this.#random.chance(0.2) ? [this.#random.pick(tagNames)] : []
    return this.#random.chance(0.3) ? { ttlMs: 50 + this.#random.below(shortLifeMs - 50), tags } : { tags }
  }

  #value(key: string): string {
    return writtenValue(key, this.#writer, ++this.#writes)
  }

  // A few are asked for most of the time.
  #key(): string {
    return keyNames[this.#random.below(this.#random.chance(0.6) ? 10 : keyNames.length)]!
  }

  #count(name: string): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1
  }
}
