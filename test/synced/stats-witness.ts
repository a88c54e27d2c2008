import { expect } from 'vitest'
import { isCacheError } from '../../src/index.ts'
import { type LocalCacheFactory, lru, type SyncedCache } from '../../src/synced/index.ts'
import type { RemoteLevel } from '../../src/synced/remote-level.ts'
import { Random } from '../helpers/random.ts'
import type { Scene } from './proof/scene.ts'
import { long, quiet, wrapped } from './stats-stage.ts'

/** A cache, and what a witness counts of it. */
export class Witness {
  cache!: SyncedCache<string>
  readonly #random: Random
  readonly #held = new Map<string, number>()
  #asked = 0
  #read = 0
  #failed = 0
  #changes = 0
  #evicted = 0
  #told = 0

  constructor(seed: number) {
    this.#random = new Random(seed)
  }

  async open(scene: Scene): Promise<void> {
    // Room for about half of the keys.
    this.cache = await scene.open<string>({
      ...quiet,
      local: this.#local(),
      wrapRemote: level => this.#remote(level),
      onError: () => {
        this.#told += 1
      },
    })
  }

  async run(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      await this.#step(i).catch(error => {
        if (!isCacheError(error, 'UNAVAILABLE')) throw error
      })
    }
  }

  check(): void {
    const stats = this.cache.stats()
    expect(this.#failed).toBeGreaterThan(0)
    expect(stats.localHits * stats.remoteHits * stats.remoteMisses * stats.evictions).toBeGreaterThan(0)
    expect(stats.localHits + stats.localMisses).toBe(this.#asked)
    expect(stats.remoteHits + stats.remoteMisses).toBe(this.#read)
    expect(stats.remoteErrors).toBe(this.#failed)
    expect(stats.remoteWrites).toBe(this.#changes)
    // A read that fails behind a load is told to nobody else.
    expect(stats.problems).toBe(this.#told)
    expect([stats.corrupt, stats.gaps, stats.eventsMalformed]).toEqual([0, 0, 0])
    this.checkHeld()
  }

  checkHeld(): void {
    const { localItems, localBytes, evictions } = this.cache.stats()
    const bytes = [...this.#held.values()].reduce((sum, each) => sum + each, 0)
    expect([localItems, localBytes, evictions]).toEqual([this.#held.size, bytes, this.#evicted])
  }

  async #step(i: number): Promise<void> {
    const { cache } = this
    const random = this.#random
    const key = `key ${random.below(12)}`
    const keys = Array.from({ length: 1 + random.below(4) }, () => `key ${random.below(12)}`)
    const value = `${i} ${long(100)}`
    const done = (count: number) => (): void => {
      this.#changes += count
    }
    const kind = random.below(20)
    if (kind < 6) {
      this.#asked += 1
      await cache.get(key)
    } else if (kind < 8) {
      this.#asked += 1
      cache.getLocal(key)
    } else if (kind < 11) {
      this.#asked += new Set(keys).size
      await cache.getMany(keys)
    } else if (kind < 13) {
      this.#asked += 1
      await cache.getOrSet(key, () => value)
    } else if (kind < 16) await cache.set(key, value).then(done(1))
    else if (kind < 17) await cache.setMany(keys.map(each => [each, value])).then(done(new Set(keys).size))
    else if (kind < 18) await cache.delete(key).then(done(1))
    else if (kind < 19) await cache.invalidate(key).then(done(1))
    else if (i % 10 === 0) await cache.clear().then(done(1))
  }

  // Some reads fail.
  #remote(level: RemoteLevel): RemoteLevel {
    return wrapped(level, {
      read: async (keys, options) => {
        if (this.#random.chance(1 / 30)) {
          this.#failed += 1
          throw new Error('Not this time')
        }
        const reads = await level.read(keys, options)
        this.#read += keys.length
        return reads
      },
      fill: async (key, fill, options) => {
        const entry = await level.fill(key, fill, options)
        if (entry !== undefined) this.#changes += 1
        return entry
      },
    })
  }

  #local(): LocalCacheFactory {
    return ({ onEvict }) => {
      const cache = lru({ maxBytes: 2400 })<Parameters<typeof onEvict>[1]>({
        onEvict: (key, entry) => {
          this.#evicted += 1
          this.#held.delete(key)
          onEvict(key, entry)
        },
      })
      return {
        get: key => cache.get(key),
        peek: key => cache.peek(key),
        stats: () => cache.stats(),
        set: (key, entry) => {
          this.#held.set(key, entry.byteLength)
          cache.set(key, entry)
        },
        delete: key => {
          this.#held.delete(key)
          return cache.delete(key)
        },
        clear: () => {
          this.#held.clear()
          cache.clear()
        },
      }
    }
  }
}
