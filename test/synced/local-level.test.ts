import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeValue } from '../../src/codec/encode.ts'
import { LocalLevel, type LocalLevelOptions } from '../../src/synced/local-level.ts'
import { lru } from '../../src/synced/lru.ts'
import type { SyncedEntry } from '../../src/synced/remote-level.ts'
import { SyncedCounters } from '../../src/synced/synced-counters.ts'
import { nativeFormat } from '../../src/synced/synced-format.ts'
import type { Watch } from '../../src/synced/watches.ts'

function level(options: Partial<LocalLevelOptions> = {}) {
  const counters = new SyncedCounters()
  const time = { nowMs: 1_000 }
  const moved: (string | undefined)[] = []
  const local = new LocalLevel({
    cache: lru({ maxBytes: 100_000 }),
    localTtlMs: 500,
    values: 'frozen',
    format: nativeFormat('auto'),
    id: 'me',
    clock: () => time.nowMs,
    counters,
    accept: (_key, entry) => entry,
    onMoved: key => void moved.push(key),
    onReset: () => undefined,
    onProblem: () => undefined,
    ...options,
  })
  local.inStep(true)
  const here = (key: string): unknown => local.find(key, time.nowMs)?.read()
  return { local, counters, time, moved, here }
}

function entry(version: number, options: Partial<SyncedEntry> & { value?: unknown } = {}): SyncedEntry {
  const { value = version, ...rest } = options
  const { codec, bytes: body } = encodeValue(value, 'auto', 'value')
  const forever = Number.POSITIVE_INFINITY
  return { version, codec, body, freshUntilMs: forever, expiresAtMs: forever, tags: [], ...rest }
}

describe('versions', () => {
  it('C19: no older one replaces a newer one, however it comes', () => {
    const { local, here, counters } = level()
    local.set('k', entry(5), 'other')
    local.set('k', entry(4), 'other')
    expect(here('k')).toBe(5)
    local.drop('k', 5)
    local.drop('k', 3)
    expect(here('k')).toBe(5)
    const watch = local.watch('k')
    expect(local.take(watch, entry(2)).read()).toBe(2)
    local.unwatch(watch)
    expect(here('k')).toBe(5)
    expect(counters).toMatchObject({ eventsIgnored: 1, fillsDropped: 1, localFills: 1 })
    local.drop('k', 6)
    expect(here('k')).toBeUndefined()
  })

  it('C18: what was read before the key moved is not kept', () => {
    const moves: readonly ((local: LocalLevel) => void)[] = [
      local => local.drop('k', 7),
      local => local.dropTag('t', 7),
      local => local.movedTag('t'),
      local => local.reset('gap'),
      local => local.empty(),
      local => local.inStep(false),
      local => {
        local.inStep(false)
        local.inStep(true)
      },
      local => {
        local.set('k', entry(7), 'other')
        local.remove('k')
      },
    ]
    for (const move of moves) {
      const { local, here, counters } = level()
      const watch = local.watch('k')
      move(local)
      expect(local.take(watch, entry(6, { tags: ['t'] })).read()).toBe(6)
      expect(here('k'), String(move)).toBeUndefined()
      expect(counters.fillsDropped).toBe(1)
      local.unwatch(watch)
      expect(local.watches).toBe(0)
    }
  })

  it('what was read after the key moved is kept, though its version is lower: an invalidation moves no value', () => {
    const { local, here } = level()
    const early = local.watch('k')
    local.drop('k', 7)
    local.dropTag('t', 8)
    const late = local.watch('k')
    local.take(early, entry(6))
    expect(here('k')).toBeUndefined()
    local.take(late, entry(6))
    expect(here('k')).toBe(6)
    local.unwatch(early)
    local.unwatch(late)
  })

  it('the events of others do not move what nobody watches', () => {
    const { local, here } = level()
    const watch = local.watch('k')
    local.drop('other', 9)
    local.dropTag('other', 9)
    local.take(watch, entry(6, { tags: ['t'] }))
    expect(here('k')).toBe(6)
  })

  it('a tag takes what has it and is older', () => {
    const { local, here } = level()
    local.set('a', entry(1, { tags: ['t', 'u'] }), 'other')
    local.set('b', entry(2, { tags: ['u'] }), 'other')
    local.set('c', entry(9, { tags: ['t'] }), 'other')
    local.set('a', entry(3, { tags: ['t'] }), 'other')
    local.dropTag('u', 5)
    expect([here('a'), here('b'), here('c')]).toEqual([3, undefined, 9])
    local.dropTag('t', 6)
    expect([here('a'), here('c')]).toEqual([undefined, 9])
  })

  it('more tags than are remembered spoil the reads under way, and only those', () => {
    const { local, here } = level()
    const watch = local.watch('k')
    for (let i = 0; i < 1_100; i++) local.dropTag(`t${i}`, i)
    local.take(watch, entry(5_000))
    expect(here('k')).toBeUndefined()
    const later = local.watch('k')
    local.take(later, entry(5_000))
    expect(here('k')).toBe(5_000)
  })

  it('more keys than can be watched are answered, and not kept', () => {
    const { local, here } = level()
    const watches = Array.from({ length: 100_001 }, (_, i) => local.watch(`k${i}`))
    local.take(watches[0]!, entry(1))
    local.take(watches[100_000]!, entry(1))
    expect([here('k0'), here('k100000'), local.watches]).toEqual([1, undefined, 100_000])
    for (const watch of watches) local.unwatch(watch)
    expect(local.watches).toBe(0)
  })

  it('at rest nothing is older than the newest that was told of: one history, replies in any order', () => {
    const move = fc.constantFrom('set', 'moved', 'invalidate')
    const when = fc.nat({ max: 30 })
    fc.assert(
      fc.property(
        fc.array(move, { minLength: 1, maxLength: 20 }),
        fc.array(fc.tuple(when, when, when), { maxLength: 10 }),
        (moves, reads) => {
          const { local, here } = level({ localTtlMs: 1e9 })
          // What the server has after each of its steps; an invalidation leaves it.
          const history: number[] = [0]
          for (const [i, kind] of moves.entries()) history.push(kind === 'invalidate' ? history[i]! : i + 1)
          // A read begins here, is answered by the server, and comes back, in this order; events come when their time is.
          const plan: { at: number; order: number; run: () => void }[] = []
          for (const [i, kind] of moves.entries()) {
            const version = i + 1
            const at = version * 2
            plan.push({
              at,
              order: 0,
              run: () => (kind === 'set' ? local.set('k', entry(version), 'o') : local.drop('k', version)),
            })
          }
          for (const times of reads) {
            const [begin, answer, end] = [...times].sort((a, b) => a - b) as [number, number, number]
            // The server is ahead of the events.
            const state = history[Math.min(moves.length, Math.ceil(answer / 2) + 1)]!
            let watch: Watch | undefined
            plan.push({
              at: begin,
              order: 1,
              run: () => {
                watch = local.watch('k')
              },
            })
            plan.push({
              at: end,
              order: 2,
              run: () => {
                local.take(watch!, entry(state))
                local.unwatch(watch!)
              },
            })
          }
          plan.sort((a, b) => a.at - b.at || a.order - b.order)
          for (const { run } of plan) run()
          expect([history.at(-1), undefined]).toContain(here('k'))
          expect(local.watches).toBe(0)
        },
      ),
      { numRuns: 2_000 },
    )
  })
})

describe('time', () => {
  it('C25: a copy is good for its own time and for the local one, whichever ends first', () => {
    const { local, time, counters } = level()
    local.set('short', entry(1, { freshUntilMs: 1_100, expiresAtMs: 1_200 }), 'o')
    local.set('long', entry(2, { freshUntilMs: 9_000, expiresAtMs: 9_000 }), 'o')
    time.nowMs = 1_099
    expect(local.find('short', time.nowMs)?.isFresh(time.nowMs)).toBe(true)
    time.nowMs = 1_100
    expect(local.find('short', time.nowMs)?.isFresh(time.nowMs)).toBe(false)
    time.nowMs = 1_200
    expect(local.find('short', time.nowMs)).toBeUndefined()
    time.nowMs = 1_499
    expect(local.find('long', time.nowMs)?.read()).toBe(2)
    time.nowMs = 1_500
    expect(local.find('long', time.nowMs)).toBeUndefined()
    expect(counters.expired).toBe(2)
    expect(local.size.items).toBe(0)
  })

  it('a clock that is set back makes nothing last longer', () => {
    const { local, time } = level()
    local.set('k', entry(1), 'o')
    time.nowMs = 900
    expect(local.find('k', time.nowMs)).toBeUndefined()
  })

  it('a read that confirms a copy begins its local time anew', () => {
    const { local, time } = level()
    local.set('k', entry(1), 'o')
    time.nowMs = 1_400
    local.take(local.watch('k'), entry(1))
    time.nowMs = 1_800
    expect(local.find('k', time.nowMs)?.read()).toBe(1)
  })
})

describe('without Redis', () => {
  it('what is kept alone gives way to everything, and goes when Redis is back', () => {
    const { local, here } = level()
    local.inStep(false)
    local.takeAlone(local.watch('a'), entry(0, { value: 'alone' }), true)
    local.takeAlone(local.watch('b'), entry(0, { value: 'alone' }), true)
    local.takeAlone(local.watch('c'), entry(0, { value: 'reader' }), false)
    expect([here('a'), local.alone]).toEqual(['alone', 'a'])
    local.drop('a', 0)
    expect([here('a'), local.alone]).toEqual([undefined, 'b'])
    local.dropAlone()
    expect([here('b'), here('c'), local.alone]).toEqual([undefined, 'reader', undefined])
  })

  it('what was kept while nothing was heard goes when all is heard again', () => {
    const { local, here } = level()
    local.takeAlone(local.watch('heard'), entry(0, { value: 'reader' }), false)
    local.inStep(false)
    local.takeAlone(local.watch('unheard'), entry(0, { value: 'reader' }), false)
    expect([here('heard'), here('unheard')]).toEqual(['reader', 'reader'])
    local.inStep(true)
    expect([here('heard'), here('unheard')]).toEqual(['reader', undefined])
  })

  it('it is not kept where something fresh is, nor if the key moved', () => {
    const { local, here } = level()
    local.set('a', entry(3), 'o')
    local.takeAlone(local.watch('a'), entry(0, { value: 'alone' }), true)
    const watch = local.watch('b')
    local.drop('b', 0)
    local.takeAlone(watch, entry(0, { value: 'alone' }), true)
    expect([here('a'), here('b'), local.alone]).toEqual([3, undefined, undefined])
  })
})

describe('what is held', () => {
  it('is counted with key, value and tags, and not more once it is gone', () => {
    const { local } = level({ cache: lru({ maxBytes: 1_000 }) })
    local.set('key', entry(1, { value: 'x'.repeat(98) }), 'o')
    expect(local.size).toEqual({ bytes: 303, items: 1, evictions: 0 })
    local.set('key', entry(2, { value: 'x'.repeat(98), tags: ['tag'] }), 'o')
    expect(local.size).toEqual({ bytes: 506, items: 1, evictions: 0 })
    local.set('next', entry(3, { value: 'x'.repeat(500), tags: ['tag'] }), 'o')
    expect(local.size).toMatchObject({ items: 1, evictions: 1 })
    local.dropTag('tag', 9)
    expect(local.size).toMatchObject({ bytes: 0, items: 0 })
    local.set('large', entry(3, { value: 'x'.repeat(5_000), tags: ['tag'] }), 'o')
    expect(local.size).toMatchObject({ bytes: 0, items: 0, evictions: 2 })
  })

  it('does not keep the large buffer of which a value is a part', () => {
    const { local, here } = level()
    const buffer = new Uint8Array(65_536)
    const { codec, body } = entry(1, { value: 'text' })
    buffer.set(body, 100)
    local.set('k', { ...entry(1), codec, body: buffer.subarray(100, 100 + body.length) }, 'o')
    buffer.fill(0)
    expect(here('k')).toBe('text')
  })
})
