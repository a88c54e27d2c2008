import { describe, expect, it } from 'vitest'
import { BlobCache } from '../../src/blob/blob-cache.ts'
import type { BlobProblem } from '../../src/blob/blob-problem.ts'
import type { FetchContext } from '../../src/blob/fetched-blob.ts'
import { CacheError } from '../../src/errors.ts'
import { makeBench, withoutOptional } from './cache-bench.ts'

/** A promise and how to settle it. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  return { opened, open }
}

describe('getOrFetch', () => {
  it('fetches what is missing or stale, and not what is fresh', async () => {
    const bench = makeBench({ ttlMs: 1000 })
    let fetched = 0
    const fetcher = (): string => `value ${++fetched}`
    expect(await (await bench.cache.getOrFetch('key', fetcher))?.text()).toBe('value 1')
    bench.nowMs += 1000
    expect(await (await bench.cache.getOrFetch('key', fetcher))?.text()).toBe('value 1')
    bench.nowMs += 1
    expect(await (await bench.cache.openOrFetch('key', fetcher))?.text()).toBe('value 2')
    expect(await (await bench.cache.get('key'))?.text()).toBe('value 2')
  })

  it('keeps for the time asked for, unless the fetcher knows better', async () => {
    const bench = makeBench({ ttlMs: 1000 })
    const hit = await bench.cache.getOrFetch('key', () => 'a', { ttlMs: 50 })
    expect(hit?.meta.expiresAt).toEqual(new Date(bench.nowMs + 50))
    expect(hit?.expiresInMs).toBe(50)
    const expiresAt = new Date(bench.nowMs + 7)
    const own = { body: 'b', contentType: 'a/b', expiresAt, metadata: { a: '1' }, sourceEtag: 'x' }
    const other = await bench.cache.getOrFetch('other', () => own, { ttlMs: 50 })
    expect(other?.meta).toMatchObject({ contentType: 'a/b', expiresAt, metadata: { a: '1' }, sourceEtag: 'x' })
    await expect(bench.cache.getOrFetch('key', () => 'a', { ttlMs: Number.NaN })).rejects.toThrow(RangeError)
    await expect(bench.cache.getOrFetch('key', 'a' as never)).rejects.toThrow(TypeError)
  })

  it('takes a Response: its body, content type and ETag', async () => {
    const { cache } = makeBench()
    const headers = { 'content-type': 'application/json', etag: 'W/"v1"' }
    const hit = await cache.getOrFetch('key', () => new Response('{"a":1}', { headers }))
    expect(await hit?.json()).toEqual({ a: 1 })
    expect(hit?.meta).toMatchObject({ contentType: 'application/json', sourceEtag: 'W/"v1"' })
    const body = new Response('b', { headers })
    const named = await cache.getOrFetch('named', () => ({ body, contentType: 'x/y', metadata: { a: '1' } }))
    expect(named?.meta).toMatchObject({ contentType: 'x/y', sourceEtag: 'W/"v1"', metadata: { a: '1' } })
  })

  it.each(['with touch', 'without touch'])('renews what is unchanged at its source, %s', async how => {
    const bench = makeBench({ ttlMs: 1000 })
    const store = how === 'with touch' ? bench.store : withoutOptional(bench.store)
    const cache = new BlobCache(store, { namespace: 'ns', ttlMs: 1000, clock: () => bench.nowMs })
    const headers = { etag: '"v1"', 'content-type': 'a/b' }
    await cache.getOrFetch('key', () => new Response('body', { headers }))
    await cache.getOrFetch('own', () => ({ body: 'body', expiresAt: new Date(bench.nowMs + 300) }))
    bench.nowMs += 1001
    const seen: (string | undefined)[] = []
    const fetcher = ({ stale }: FetchContext): Response => {
      seen.push(stale?.meta.sourceEtag)
      return new Response(null, { status: 304 })
    }
    const hit = await cache.getOrFetch('key', fetcher)
    expect(seen).toEqual(['"v1"'])
    expect(await hit?.text()).toBe('body')
    expect(hit).toMatchObject({ stale: false, ageMs: 0 })
    expect(hit?.meta).toMatchObject({ contentType: 'a/b', sourceEtag: '"v1"', expiresAt: undefined })
    // Its own life again, or the one asked for.
    expect((await cache.getOrFetch('own', fetcher))?.expiresInMs).toBe(300)
    bench.nowMs += 301
    expect((await cache.getOrFetch('own', fetcher, { ttlMs: 9 }))?.expiresInMs).toBe(9)
  })

  it('is undefined for what is not there, and forgets what was', async () => {
    const bench = makeBench({ ttlMs: 1000, graceMs: 1e9 })
    expect(await bench.cache.getOrFetch('key', () => undefined)).toBeUndefined()
    for (const status of [404, 410]) {
      await bench.cache.put('key', 'a')
      bench.nowMs += 1001
      expect(await bench.cache.getOrFetch('key', () => new Response('no', { status }))).toBeUndefined()
      expect(await bench.cache.get('key')).toBeUndefined()
    }
  })

  it('B29: gives a stale blob within its grace where the fetch fails, and says so', async () => {
    const problems: BlobProblem[] = []
    const bench = makeBench({ ttlMs: 1000, graceMs: 500, onProblem: problem => problems.push(problem) })
    await bench.cache.put('key', 'old')
    bench.nowMs += 1500
    const error = new Error('The network failed')
    const fail = (): never => {
      throw error
    }
    const hit = await bench.cache.getOrFetch('key', fail)
    expect(await hit?.text()).toBe('old')
    expect(hit?.stale).toBe(true)
    expect(problems).toEqual([{ code: 'fetch', namespace: 'ns', key: 'key', error }])
    // Failures that come as an answer, or in the middle of a body.
    expect((await bench.cache.getOrFetch('key', () => new Response('no', { status: 503 })))?.stale).toBe(true)
    const short = (): Response => new Response('new', { headers: { 'content-length': '9' } })
    expect(await (await bench.cache.getOrFetch('key', short))?.text()).toBe('old')
    expect(problems.length).toBe(3)
    bench.nowMs += 1
    await expect(bench.cache.getOrFetch('key', fail)).rejects.toMatchObject({ code: 'LOAD_FAILED', cause: error })
  })

  it('fails with LOAD_FAILED where nothing can stand in', async () => {
    const { cache } = makeBench()
    const responses = [500, 301, 206].map(status => (): Response => new Response('x', { status }))
    const nothing = (): Response => new Response(null, { status: 304 })
    const wrong = (): never => 7 as never
    for (const fetcher of [...responses, nothing, wrong]) {
      await expect(cache.getOrFetch('key', fetcher)).rejects.toMatchObject({ code: 'LOAD_FAILED' })
    }
    expect(await cache.get('key')).toBeUndefined()
  })

  it('gives bytes that could not be kept, to each caller its own', async () => {
    const problems: BlobProblem[] = []
    const { cache, store } = makeBench({ onProblem: problem => problems.push(problem) })
    const error = new CacheError('STORE_FULL', 'No space')
    store.put = async () => {
      throw error
    }
    const fetcher = (): { body: string; contentType: string } => ({ body: 'abc', contentType: 'a/b' })
    const hits = await Promise.all([cache.getOrFetch('key', fetcher), cache.getOrFetch('key', fetcher)])
    ;(await hits[0]!.bytes()).fill(0)
    expect(await hits[1]!.text()).toBe('abc')
    expect(hits[1]!.meta).toMatchObject({ size: 3, contentType: 'a/b' })
    expect(problems).toEqual([{ code: 'put', namespace: 'ns', key: 'key', error }])
  })

  it('spares what somebody put while it fetched', async () => {
    const { cache } = makeBench()
    const fetcher = async (): Promise<string> => {
      await cache.put('key', 'newer')
      return 'fetched'
    }
    expect(await (await cache.getOrFetch('key', fetcher))?.text()).toBe('newer')
  })
})

describe('one fetch per key', () => {
  it('serves all who ask meanwhile, each with bytes of its own', async () => {
    const { cache } = makeBench()
    let fetched = 0
    const { opened, open } = gate()
    const fetcher = async (): Promise<string> => {
      fetched++
      await opened
      return 'value'
    }
    const calls = Array.from({ length: 20 }, (_, i) =>
      i % 2 === 0 ? cache.getOrFetch('key', fetcher) : cache.openOrFetch('key', fetcher),
    )
    const other = cache.getOrFetch('other', () => 'other')
    expect(await (await other)?.text()).toBe('other')
    open()
    const bodies = await Promise.all((await Promise.all(calls)).map(hit => hit!.bytes()))
    bodies[0]!.fill(0)
    for (const bytes of bodies.slice(1)) expect(new TextDecoder().decode(bytes)).toBe('value')
    expect(fetched).toBe(1)
  })

  it('fails for all, and is tried again by the next', async () => {
    const { cache } = makeBench()
    let fetched = 0
    const fail = async (): Promise<string> => {
      await Promise.resolve()
      throw new Error(`failure ${++fetched}`)
    }
    const outcomes = await Promise.allSettled([cache.getOrFetch('key', fail), cache.getOrFetch('key', fail)])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(fetched).toBe(1)
    await expect(cache.getOrFetch('key', fail)).rejects.toMatchObject({ code: 'LOAD_FAILED' })
    expect(fetched).toBe(2)
  })

  it('B27: an abort ends the wait of one; when all have gone the fetch is aborted', async () => {
    const { cache } = makeBench()
    const signals: AbortSignal[] = []
    const { opened, open } = gate()
    const fetcher = async ({ signal }: FetchContext): Promise<string> => {
      signals.push(signal)
      open()
      await new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
      })
      return 'never'
    }
    const first = new AbortController()
    const second = new AbortController()
    const waits = [first, second].map(({ signal }) => cache.getOrFetch('key', fetcher, { signal }))
    const outcomes = Promise.allSettled(waits)
    await opened
    first.abort()
    await expect(waits[0]).rejects.toMatchObject({ code: 'ABORTED' })
    expect(signals[0]!.aborted).toBe(false)
    second.abort()
    await outcomes
    await expect(waits[1]).rejects.toMatchObject({ code: 'ABORTED' })
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    // What was given up is in nobody's way.
    expect(await (await cache.getOrFetch('key', () => 'next'))?.text()).toBe('next')
  })

  it('is not aborted once it has ended, and is when the cache is closed', async () => {
    const { cache } = makeBench()
    let seen: AbortSignal | undefined
    await cache.getOrFetch('key', ({ signal }) => {
      seen = signal
      return 'a'
    })
    expect(seen?.aborted).toBe(false)
    const { opened, open } = gate()
    const waiting = cache.getOrFetch('other', async ({ signal }) => {
      open()
      return await new Promise<string>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
      })
    })
    const outcome = expect(waiting).rejects.toMatchObject({ code: 'LOAD_FAILED' })
    await opened
    await cache.close()
    await outcome
  })
})
