import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type SyncedCache, type SyncedStats, syncedPrometheusText } from '../../src/synced/index.ts'
import type { RemoteLevel } from '../../src/synced/remote-level.ts'
import { until } from '../group/until.ts'
import { describeRedis } from '../helpers/describe-redis.ts'
import { type RedisServer, startRedis } from '../helpers/redis-server.ts'
import { modes, Scene } from './proof/scene.ts'
import { type Moves, statsCases } from './stats-cases.ts'
import { quiet, stageOf, wrapped } from './stats-stage.ts'
import { Witness } from './stats-witness.ts'

function numbersOf({ localBytes: _, clears, ...numbers }: SyncedStats): Map<string, number> {
  const reasons = Object.entries(clears).map(([reason, count]) => [`clears.${reason}`, count] as const)
  return new Map([...Object.entries(numbers), ...reasons])
}

function movesOf(before: Map<string, number>, cache: SyncedCache<string>, hasEchoes: boolean): Moves {
  const after = numbersOf(cache.stats())
  const moves: Record<string, number> = {}
  for (const [name, value] of after) moves[name] = value - before.get(name)!
  if (hasEchoes) {
    moves['echoes'] = moves['eventsApplied']! + moves['eventsIgnored']!
    moves['localFills']! -= moves['eventsApplied']!
    delete moves['eventsApplied']
    delete moves['eventsIgnored']
  }
  return Object.fromEntries(Object.entries(moves).filter(([, by]) => by !== 0))
}

describeRedis('stats of', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  for (const mode of modes) {
    describe(mode, () => {
      it('a cache that was opened, and did nothing', async () => {
        await using scene = await Scene.on(server, mode)
        const stats = numbersOf((await scene.open(quiet)).stats())
        expect([...stats].filter(([, value]) => value !== 0)).toEqual([['clears.open', 1]])
      })

      for (const [name, { options, only, prepare, act, moves, echoes = false }] of Object.entries(statsCases)) {
        if (only !== undefined && only !== mode) continue
        it(name, async () => {
          await using scene = await Scene.on(server, mode)
          const stage = await stageOf(scene, options)
          await prepare?.(stage)
          const before = numbersOf(stage.cache.stats())
          await act(stage)
          const found = (): Moves => movesOf(before, stage.cache, echoes)
          const wanted = Object.entries(moves)
          // What it comes to is looked at below.
          await until(() => wanted.every(([each, by]) => found()[each] === by), { timeoutMs: 5_000 }).catch(() => 0)
          // Whatever may move too much has some time to do so.
          await new Promise(resolve => setTimeout(resolve, 30))
          expect(found()).toEqual(moves)
        })
      }

      it('a read of a key that moves before it can be kept', async () => {
        await using scene = await Scene.on(server, mode)
        let held: (() => Promise<unknown>) | undefined
        const wrapRemote = (level: RemoteLevel): RemoteLevel =>
          wrapped(level, {
            async read(keys, options) {
              const reads = await level.read(keys, options)
              await held?.()
              return reads
            },
          })
        const stage = await stageOf(scene, { wrapRemote })
        await stage.leaveInRedis('k', 'old')
        const before = numbersOf(stage.cache.stats())
        held = async () => await stage.give('k', 'new')
        expect(await stage.cache.get('k')).toBe('old')
        const moves = { localMisses: 1, remoteHits: 1, fillsDropped: 1 }
        expect(movesOf(before, stage.cache, false)).toEqual({
          ...moves,
          localFills: 1,
          eventsApplied: 1,
          localItems: 1,
        })
      })

      it('a load that waits for that of another process', async () => {
        await using scene = await Scene.on(server, mode)
        const { cache, other } = await stageOf(scene)
        let release = (_: string): void => undefined
        const value = new Promise<string>(resolve => {
          release = resolve
        })
        let isLoading = false
        const theirs = other.getOrSet(
          'k',
          () => {
            isLoading = true
            return value
          },
          { lease: true },
        )
        await until(() => isLoading)
        const own = cache.getOrSet('k', () => 'own', { lease: true })
        await until(() => cache.stats().leaseWaits > 0)
        release('theirs')
        expect(await Promise.all([theirs, own])).toEqual(['theirs', 'theirs'])
        expect(cache.stats()).toMatchObject({
          leaseWaits: 1,
          loads: 0,
          localMisses: 1,
          remoteWrites: 0,
          remoteErrors: 0,
        })
        expect(other.stats()).toMatchObject({ leaseWaits: 0, loads: 1, localMisses: 1, remoteWrites: 1 })
      })

      it('two caches after many random calls agree with what was asked, done and held', async () => {
        await using scene = await Scene.on(server, mode)
        const witnesses = [new Witness(1), new Witness(2)]
        for (const witness of witnesses) await witness.open(scene)
        await Promise.all(witnesses.map(witness => witness.run(400)))
        // Calls that nobody waits for may be under way.
        for (const witness of witnesses) await vi.waitFor(() => witness.check(), { timeout: 10_000 })
        await scene.settle(...witnesses.map(({ cache }) => cache))
        for (const witness of witnesses) witness.checkHeld()
      })
    })
  }
})

it('every number has a metric of its own', () => {
  const names = [
    ...['localHits', 'localMisses', 'staleHits', 'localFills', 'fillsDropped', 'evictions', 'expired', 'localBytes'],
    ...['localItems', 'remoteHits', 'remoteMisses', 'remoteErrors', 'remoteWrites', 'fillsMoved', 'corrupt', 'loads'],
    ...['loadErrors', 'leaseWaits', 'eventsApplied', 'eventsIgnored', 'eventsMalformed', 'invalidations', 'problems'],
  ] as const
  const numbers = Object.fromEntries(names.map((name, i) => [name, 1000 + i])) as Record<(typeof names)[number], number>
  const clears = { open: 2001, reconnect: 2002, gap: 2003, epoch: 2004, clear: 2005 }
  const stats: SyncedStats = { ...numbers, gaps: 2003, clears }
  const found = [...syncedPrometheusText({ x: stats }).matchAll(/^coldsnap_synced_(\w+)\{.*\} (\d+)$/gm)]
  const values = found.map(([, , value]) => Number(value))
  const all = [...Object.values(numbers), ...Object.values(clears)]
  expect(values.sort()).toEqual(all.sort())
})
