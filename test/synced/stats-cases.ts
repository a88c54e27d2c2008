import { expect } from 'vitest'
import { lru, tinyLfu } from '../../src/synced/index.ts'
import { until } from '../group/until.ts'
import { type Mode, prefix, type SceneOptions } from './proof/scene.ts'
import { long, type Stage } from './stats-stage.ts'

/** What moved; what is not named stayed. */
export type Moves = Readonly<Record<string, number>>

/** What is done, and what it moves. */
export interface Case {
  readonly options?: SceneOptions | undefined
  readonly only?: Mode
  prepare?(stage: Stage): Promise<unknown>
  act(stage: Stage): Promise<unknown>
  readonly moves: Moves
  /**
   * Own changes come back as events, which are applied if they overtake the answer and ignored (natively) if not. So
   * `echoes` are all of them, and `localFills` those of other reasons.
   */
  readonly echoes?: true
}

const refused = (call: Promise<unknown>): Promise<void> => expect(call).rejects.toMatchObject({ code: 'UNAVAILABLE' })

/** All that moves a counter, and can be done to any cache. */
export const statsCases: Readonly<Record<string, Case>> = {
  'a get of a copy here': { prepare: s => s.give('k'), act: s => s.cache.get('k'), moves: { localHits: 1 } },
  'getLocal of a copy here, and of none': {
    prepare: s => s.give('k'),
    act: async s => [s.cache.getLocal('k'), s.cache.getLocal('none')],
    moves: { localHits: 1, localMisses: 1 },
  },
  'a get of what Redis has': {
    prepare: s => s.leaveInRedis('k'),
    act: s => s.cache.get('k'),
    moves: { localMisses: 1, remoteHits: 1, localFills: 1, localItems: 1 },
  },
  'twenty gets at once of what nobody has': {
    act: s => Promise.all(Array.from({ length: 20 }, () => s.cache.get('k'))),
    moves: { localMisses: 20, remoteMisses: 1 },
  },
  'getMany of a copy here, one of Redis and none': {
    prepare: async s => [await s.give('a'), await s.leaveInRedis('b')],
    act: s => s.cache.getMany(['a', 'b', 'c', 'a']),
    moves: { localHits: 1, localMisses: 2, remoteHits: 1, remoteMisses: 1, localFills: 1, localItems: 1 },
  },
  'a key that no cache takes': { act: s => expect(s.cache.get('k'.repeat(2000))).rejects.toThrow(), moves: {} },
  'a set by another': {
    act: s => s.other.set('k', 'v'),
    moves: { localFills: 1, eventsApplied: 1, localItems: 1 },
  },
  'a set by another that is too big to be sent': {
    act: s => s.other.set('k', long(5000)),
    moves: { eventsApplied: 1, invalidations: 1 },
  },
  'a set by another that is not wanted': {
    options: { onSetLocal: () => undefined },
    act: s => s.other.set('k', 'v'),
    moves: { eventsIgnored: 1 },
  },
  'a delete by another': {
    prepare: s => s.give('k'),
    act: s => s.other.delete('k'),
    moves: { eventsApplied: 1, invalidations: 1, localItems: -1 },
  },
  'an invalidation by another': {
    prepare: s => s.give('k'),
    act: s => s.other.invalidate('k'),
    moves: { eventsApplied: 1, invalidations: 1, localItems: -1 },
  },
  'a tag deleted by another': {
    only: 'native',
    prepare: async s => {
      await s.other.set('k', 'v', { tags: ['t'] })
      await until(() => s.cache.stats().localItems === 1)
    },
    act: s => s.other.deleteByTag('t'),
    moves: { eventsApplied: 1, invalidations: 1, localItems: -1 },
  },
  'a clear by another': {
    prepare: s => s.give('k'),
    act: s => s.other.clear(),
    moves: { eventsApplied: 1, 'clears.clear': 1, localItems: -1 },
  },
  'an own set': {
    echoes: true,
    act: s => s.cache.set('k', 'v'),
    moves: { remoteWrites: 1, localFills: 1, localItems: 1, echoes: 1 },
  },
  'own sets of three keys': {
    echoes: true,
    act: s => s.cache.setMany([...'abc'].map(key => [key, 'v'])),
    moves: { remoteWrites: 3, localFills: 3, localItems: 3, echoes: 3 },
  },
  'an own delete': {
    prepare: s => s.give('k'),
    act: s => s.cache.delete('k'),
    moves: { remoteWrites: 1, eventsApplied: 1, invalidations: 1, localItems: -1 },
  },
  'an own invalidation': {
    prepare: s => s.give('k'),
    act: s => s.cache.invalidate('k'),
    moves: { remoteWrites: 1, eventsApplied: 1, invalidations: 1, localItems: -1 },
  },
  'an own clear': {
    prepare: s => s.give('k'),
    act: s => s.cache.clear(),
    moves: { remoteWrites: 1, eventsApplied: 1, 'clears.clear': 1, localItems: -1 },
  },
  'a load': {
    echoes: true,
    act: s => s.cache.getOrSet('k', () => 'v'),
    moves: { localMisses: 1, remoteMisses: 1, loads: 1, remoteWrites: 1, localFills: 1, localItems: 1, echoes: 1 },
  },
  'a loader that has none': {
    act: s => s.cache.getOrSet('k', () => undefined),
    moves: { localMisses: 1, remoteMisses: 1, loads: 1 },
  },
  'a loader that fails': {
    act: s => expect(s.cache.getOrSet('k', () => Promise.reject(new Error('no')))).rejects.toThrow(),
    moves: { localMisses: 1, remoteMisses: 1, loads: 1, loadErrors: 1 },
  },
  'a load of a key that another sets meanwhile': {
    act: s =>
      s.cache.getOrSet('k', async () => {
        const { eventsApplied } = s.cache.stats()
        await s.other.set('k', 'theirs')
        await until(() => s.cache.stats().eventsApplied > eventsApplied)
        return 'own'
      }),
    moves: {
      ...{ localMisses: 1, remoteMisses: 1, loads: 1, fillsMoved: 1, eventsApplied: 1 },
      ...{ remoteHits: 1, localFills: 2, localItems: 1 },
    },
  },
  'a value whose time is over, answered all the same': {
    only: 'native',
    prepare: async s => {
      await s.other.set('k', 'v', { ttlMs: 1, staleMs: 600_000 })
      const end = Date.now() + 100
      await until(() => s.cache.stats().localItems === 1 && Date.now() > end)
    },
    act: s => s.cache.getOrSet('k', () => undefined, { staleMs: 600_000 }),
    moves: { localMisses: 1, staleHits: 1, remoteMisses: 1, loads: 1, localFills: 1 },
  },
  'a copy past its time': {
    options: { localTtlMs: 20 },
    prepare: async s => {
      await s.other.set('k', 'v')
      await until(() => s.cache.stats().localItems === 1)
      const end = Date.now() + 50
      await until(() => Date.now() > end)
    },
    act: async s => s.cache.getLocal('k'),
    moves: { localMisses: 1, expired: 1, localItems: -1 },
  },
  'one copy too many': {
    options: { local: lru({ maxBytes: 2000 }) },
    prepare: async s => [await s.give('a', long(700)), await s.give('b', long(700))],
    act: s => s.other.set('c', long(700)),
    moves: { localFills: 1, eventsApplied: 1, evictions: 1 },
  },
  'a copy too big to be held': {
    options: { local: tinyLfu({ maxBytes: 2000 }) },
    act: s => s.other.set('c', long(3000)),
    moves: { localFills: 1, eventsApplied: 1, evictions: 1 },
  },
  'a value that cannot be decoded': {
    prepare: async s => [await s.leaveInRedis('k'), await damage(s)],
    act: s => s.cache.get('k'),
    moves: { localMisses: 1, remoteHits: 1, localFills: 1, corrupt: 1 },
  },
  'a load in place of a value that cannot be decoded': {
    prepare: async s => [await s.leaveInRedis('k'), await damage(s)],
    act: s => s.cache.getOrSet('k', () => undefined),
    moves: { localMisses: 1, remoteHits: 1, localFills: 1, corrupt: 1, loads: 1 },
  },
  'a message that is no event': {
    act: s => s.scene.raw.publish(s.mode === 'go' ? 'cache:invalidate' : `${prefix}{${prefix}}@0`, 'x'),
    moves: { eventsMalformed: 1 },
  },
  'what a listener throws': {
    options: {
      onSetLocal: () => {
        throw new Error('of the listener')
      },
    },
    act: s => s.other.set('k', 'v'),
    moves: { problems: 1, localFills: 1, eventsApplied: 1, localItems: 1 },
  },
  'a Redis that is gone': {
    prepare: async s => {
      await s.proxy.refuse()
      await until(() => s.cache.status === 'down')
    },
    act: s =>
      Promise.all([
        refused(s.cache.get('k')),
        refused(s.cache.getMany(['a', 'b', 'c'])),
        refused(s.cache.set('k', 'v')),
      ]),
    moves: { localMisses: 4, remoteErrors: 3 },
  },
  'a subscription that was cut': {
    prepare: s => s.give('k'),
    act: async s => s.proxy.cut(({ isSubscriber }) => isSubscriber),
    moves: { 'clears.reconnect': 1, localItems: -1 },
  },
  'a message that was lost': {
    only: 'native',
    prepare: s => s.give('k'),
    act: async s => {
      let lost = 0
      s.proxy.deliver = () => (lost++ === 0 ? [] : [0])
      await s.other.set('a', 'v')
      await s.other.set('b', 'v')
    },
    moves: { gaps: 1, 'clears.gap': 1, localItems: -1 },
  },
  'a Redis that lost all': {
    only: 'native',
    prepare: s => s.give('k'),
    act: async s => {
      await s.scene.raw.flushAll()
      await s.other.set('k', 'v')
    },
    moves: { 'clears.epoch': 1, localItems: -1 },
  },
}

/** Takes the end of the one value in Redis. */
async function damage({ scene: { raw } }: Stage): Promise<void> {
  const [key] = (await raw.keys('*')).filter(name => name.endsWith('k'))
  await raw.setRange(key!, (await raw.strLen(key!)) - 1, 'x')
}
