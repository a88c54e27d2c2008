import { expect, it } from 'vitest'
import { BlobCache } from '../../src/blob/blob-cache.ts'
import type { BlobCacheOptions } from '../../src/blob/blob-cache-options.ts'
import type { BlobProblem } from '../../src/blob/blob-problem.ts'
import { storeBlobs } from '../../src/blob/store-blobs.ts'
import { turn, within } from '../../src/contract/blob-samples.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { makeBench, withoutOptional } from './cache-bench.ts'

it('caches of one store fetch a key once at a time', async () => {
  const { store, cache } = makeBench({ lease: true })
  const caches = [cache, ...[1, 2, 3].map(() => new BlobCache(store, { namespace: 'ns', lease: true }))]
  let fetched = 0
  const fetcher = async (): Promise<string> => {
    for (let i = 0; i < 3; i++) await turn()
    return `value ${++fetched}`
  }
  const hits = await Promise.all(caches.map(each => each.getOrFetch('key', fetcher)))
  expect(await Promise.all(hits.map(hit => hit!.text()))).toEqual(Array.from({ length: 4 }, () => 'value 1'))
  expect(fetched).toBe(1)
})

it('a fetch that fails gives its lease to the next, and what is fresh needs none', async () => {
  const { store, cache } = makeBench({ lease: true })
  const other = new BlobCache(store, { namespace: 'ns', lease: true })
  const failing = cache.getOrFetch('key', () => {
    throw new Error('The network failed')
  })
  const next = other.getOrFetch('key', () => 'next')
  await expect(failing).rejects.toMatchObject({ code: 'LOAD_FAILED' })
  expect(await (await next)?.text()).toBe('next')
  const lease = await store.lease('ns', 'key')
  expect(
    await (
      await within(
        'getOrFetch',
        cache.getOrFetch('key', () => 'never'),
      )
    )?.text(),
  ).toBe('next')
  await lease.release()
})

it('a fetcher that does not listen when all have gone does not keep the lease', async () => {
  const { store, cache } = makeBench({ lease: true })
  const controller = new AbortController()
  let begin = (): void => undefined
  const begun = new Promise<void>(resolve => {
    begin = resolve
  })
  const deaf = cache.getOrFetch(
    'key',
    async () => {
      begin()
      return await new Promise<string>(() => undefined)
    },
    { signal: controller.signal },
  )
  await begun
  controller.abort()
  await expect(deaf).rejects.toMatchObject({ code: 'ABORTED' })
  const other = new BlobCache(store, { namespace: 'ns', lease: true })
  expect(
    await (
      await within(
        'getOrFetch',
        other.getOrFetch('key', () => 'value'),
      )
    )?.text(),
  ).toBe('value')
})

it('a cache that is closed gives up its wait and its lease', async () => {
  const { store, cache } = makeBench({ lease: true })
  const lease = await store.lease('ns', 'key')
  const waiting = cache.getOrFetch('key', () => 'value')
  const outcome = expect(waiting).rejects.toMatchObject({ code: 'ABORTED', cause: { code: 'CLOSED' } })
  for (let i = 0; i < 3; i++) await turn()
  await cache.close()
  await outcome
  await lease.release()
  await (await store.lease('ns', 'key', { waitMs: 0 })).release()
})

it('goes on without a lease that cannot be had, and says so', async () => {
  const problems: BlobProblem[] = []
  const onProblem = (problem: BlobProblem): void => void problems.push(problem)
  const { store, cache } = makeBench({ lease: true, leaseWaitMs: 0, onProblem })
  const lease = await store.lease('ns', 'key')
  expect(await (await cache.getOrFetch('key', () => 'value'))?.text()).toBe('value')
  expect(problems).toMatchObject([{ code: 'lease', namespace: 'ns', key: 'key', error: { code: 'TIMEOUT' } }])
  await lease.release()
})

it('a store without leases is UNAVAILABLE at once', () => {
  for (const store of [withoutOptional(makeBench().store), storeBlobs(new MemoryStore())]) {
    const make = (): unknown => new BlobCache(store, { namespace: 'ns', lease: true })
    expect(make).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }))
  }
  expect(new BlobCache(undefined, { namespace: 'ns', lease: true }).namespace).toBe('ns')
})

it('refuses options that are none', () => {
  const make = (options: object): (() => unknown) => {
    return () => new BlobCache(makeBench().store, { namespace: 'ns', ...options } as BlobCacheOptions)
  }
  expect(make({ lease: 1 })).toThrow(TypeError)
  expect(make({ leaseWaitMs: '1' })).toThrow(TypeError)
  expect(make({ leaseWaitMs: -1 })).toThrow(RangeError)
})
