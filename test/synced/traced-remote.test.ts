import { ROOT_CONTEXT, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import { beforeEach, describe, expect, it } from 'vitest'
import type { RemoteLevel } from '../../src/synced/remote-level.ts'
import { instrumentationName } from '../../src/synced/telemetry.ts'
import { tracedRemote } from '../../src/synced/traced-remote.ts'
import { recordSpans } from '../helpers/recorded-spans.ts'
import { fleet } from './fleet.ts'

describe('tracedRemote', () => {
  const { exporter, tracer, spans } = recordSpans(instrumentationName)
  const names = (): string[] => exporter.getFinishedSpans().map(({ name }) => name.replace(/^SyncedCache\./, ''))
  const wrapRemote = (level: RemoteLevel): RemoteLevel => tracedRemote(level, tracer, { attributes: { cache: 'shop' } })

  beforeEach(() => exporter.reset())

  it('every call to Redis is a span of kind client with the attributes given, and nothing else is', async () => {
    const { open } = fleet()
    const cache = await open({ wrapRemote })
    await cache.get('secret key')
    await cache.set('secret key', 'secret value', { tags: ['secret tag'] })
    await cache.get('secret key')
    cache.getLocal('secret key')
    await cache.delete('secret key')
    await cache.invalidate('secret key')
    await cache.deleteByTag('secret tag')
    await cache.clear()
    await cache.sweep()
    expect(names()).toEqual([...['Open', 'Read', 'Write', 'Delete', 'Invalidate', 'DeleteByTag', 'Clear', 'Sweep']])
    expect(new Set(spans().map(span => JSON.stringify({ ...span, name: '' }))).size).toBe(1)
    expect(spans()[0]).toEqual({
      name: 'SyncedCache.Open',
      kind: SpanKind.CLIENT,
      status: { code: SpanStatusCode.OK },
      attributes: { cache: 'shop' },
      errors: [],
    })
    expect(exporter.getFinishedSpans()[0]?.instrumentationScope.name).toBe('coldsnap/synced')
    expect(JSON.stringify(spans())).not.toContain('secret')
    expect(cache.status).toBe('ready')
    await cache.close()
    expect(cache.status).toBe('closed')
  })

  it('a load under a lease is the calls that it makes; callers who wait for one read share its span', async () => {
    const { open } = fleet()
    const cache = await open({ wrapRemote })
    exporter.reset()
    expect(await cache.getOrSet('key', () => 'loaded', { lease: true })).toBe('loaded')
    expect(names()).toEqual(['Read', 'Acquire', 'Read', 'Fill', 'Release'])
    exporter.reset()
    await Promise.all([cache.get('other'), cache.get('other'), cache.getMany(['many', 'more'])])
    expect(names()).toEqual(['Read', 'Read'])
    await cache.close()
  })

  it('what fails is an error with its message, and reaches the caller unchanged', async () => {
    const { memory, open } = fleet()
    const cache = await open({ wrapRemote })
    exporter.reset()
    memory.isDown = true
    const failure = await cache.get('key').catch((error: Error) => error)
    expect(failure).toMatchObject({ code: 'UNAVAILABLE' })
    const [span] = spans()
    expect(span).toMatchObject({ name: 'SyncedCache.Read', status: { code: SpanStatusCode.ERROR } })
    expect(span?.errors).toEqual([span?.status.message])
    expect(span?.errors[0]).toMatch(/./)
    memory.isDown = false
    await cache.close()
  })

  it("a span's parent is what was active when its call was made", async () => {
    const starts: number[] = []
    let active = 0
    const watching: Tracer = {
      startActiveSpan: tracer.startActiveSpan.bind(tracer),
      startSpan: (name, options) => {
        starts.push(active)
        return tracer.startSpan(name, options, ROOT_CONTEXT)
      },
    }
    const { open } = fleet()
    const cache = await open({ wrapRemote: level => tracedRemote(level, watching) })
    starts.length = 0
    for (const call of [() => cache.get('key'), () => cache.set('key', 1), () => cache.delete('key')]) {
      active += 1
      const work = call()
      // Without a hook for asynchronous work, as where it is lost in a queue, only this synchronous part is the caller's.
      active += 1
      await work
    }
    expect(starts).toEqual([1, 3, 5])
    await cache.close()
  })

  it('costs nothing when it is not given: the level is the mode itself', async () => {
    const { memory, open } = fleet()
    let made: RemoteLevel | undefined
    let given: RemoteLevel | undefined
    const remote: typeof memory.connect = (sink, settings) => {
      made = memory.connect(sink, settings)
      return made
    }
    const wrap = (level: RemoteLevel): RemoteLevel => {
      given = level
      return level
    }
    await (await open({ remote, wrapRemote: wrap })).close()
    expect(given).toBe(made)
    expect(names()).toEqual([])
  })

  it('refuses unknown options, and a wrapRemote that is no function', async () => {
    const { memory, open } = fleet()
    const wrapped = open({ wrapRemote: level => tracedRemote(level, tracer, { attributes: {}, ...{ attribute: 1 } }) })
    await expect(wrapped).rejects.toThrow(/Unknown option attribute/)
    const wrong: { wrapRemote?: (level: RemoteLevel) => RemoteLevel } = JSON.parse('{"wrapRemote":1}')
    await expect(open({ remote: memory.connect, ...wrong })).rejects.toThrow(TypeError)
  })
})
