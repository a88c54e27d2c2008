import { getEventListeners } from 'node:events'
import { expect, it } from 'vitest'
import type { Load } from '../../src/group/group-options.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { bytes, failure, fleetOf, gate, origin, settled, text } from './fleet.ts'

function texts(results: readonly PromiseSettledResult<Uint8Array | undefined>[]): unknown[] {
  return results.map(result => (result.status === 'fulfilled' ? text(result.value) : result.reason.code))
}

it.each(['with', 'without'])('getMany keeps the order and asks each owner once, %s a store', async how => {
  const { network, group, keyOf } = fleetOf(3, how === 'with' ? { store: new MemoryStore() } : {})
  const { load, calls } = origin()
  const [a] = group({ load, maxBytes: 10_000 })
  const keys = Array.from({ length: 30 }, (_, i) => keyOf(i % 3, i))
  await a!.get(keys[0]!)
  await a!.get(keys[1]!)
  network.resetCalls()
  expect(texts(await a!.getMany(keys))).toEqual(keys.map(key => `${key}#1`))
  expect(calls.toSorted()).toEqual(keys.toSorted())
  expect(network.calls.get('b')).toMatchObject({ get: 0, getMany: 1 })
  expect(network.calls.get('c')).toMatchObject({ get: 0, getMany: 1 })
  expect(a!.stats()).toMatchObject({ gets: 32, cacheHits: 2, loads: 30, peerLoads: 20, localLoads: 10 })
  expect(texts(await a!.getMany(keys))).toEqual(keys.map(key => `${key}#1`))
  expect(network.calls.get('b')).toMatchObject({ getMany: 1 })
})

it('a single key is a single get; the same key twice is asked for once; no keys are no request', async () => {
  const { network, group, keyOf } = fleetOf(2)
  const [, b] = group({ load: origin().load, maxBytes: 10_000 })
  const key = keyOf(0)
  expect(texts(await b!.getMany([key, key]))).toEqual([`${key}#1`, `${key}#1`])
  expect(network.calls.get('a')).toMatchObject({ get: 1, getMany: 0 })
  expect(await b!.getMany([])).toEqual([])
})

it('a key that fails fails alone', async () => {
  const { group, keyOf } = fleetOf(2)
  const load: Load<Uint8Array> = key => {
    if (key === keyOf(0, 1)) throw new Error('no database')
    return key === keyOf(0, 2) ? undefined : bytes('here')
  }
  const [, b] = group({ load, maxBytes: 10_000, maxKeyBytes: 50 })
  const keys = [keyOf(0), keyOf(0, 1), keyOf(0, 2), keyOf(1), 'x'.repeat(51)]
  expect(texts(await b!.getMany(keys))).toEqual(['here', 'LOAD_FAILED', undefined, 'here', 'INVALID_KEY'])
})

it('what an owner cannot serve is loaded here', async () => {
  const { nodes, group, keyOf } = fleetOf(3)
  const [a] = group({ load: origin().load, maxBytes: 10_000 })
  const keys = [keyOf(1), keyOf(2), keyOf(1, 1), keyOf(2, 1)]
  nodes[1]!.stop()
  expect(texts(await a!.getMany(keys))).toEqual(keys.map(key => `${key}#1`))
  expect(a!.stats()).toMatchObject({ peerErrors: 2, localLoads: 2, peerLoads: 2 })
})

it('an owner that answers fewer keys than it was asked for is not believed', async () => {
  const { group, keyOf, nodes } = fleetOf(2)
  const [, b] = group({ load: origin().load, maxBytes: 10_000 })
  const { service } = nodes[0]!.cache
  const getMany = service.getMany.bind(service)
  service.getMany = async (...args) => (await getMany(...args)).slice(1)
  const keys = [keyOf(0), keyOf(0, 1)]
  expect(texts(await b!.getMany(keys))).toEqual(keys.map(key => `${key}#1`))
  expect(b!.stats()).toMatchObject({ peerErrors: 2, localLoads: 2 })
})

it('a key that is being fetched already joins that, and does not hold the others up', async () => {
  const { network, group, keyOf } = fleetOf(2)
  const [, b] = group({ load: origin().load, maxBytes: 10_000 })
  const arrived = gate()
  network.fault('a', { before: () => arrived.promise })
  const single = b!.get(keyOf(0))
  await settled()
  network.fault('a', {})
  const many = b!.getMany([keyOf(0), keyOf(0, 1), keyOf(0, 2)])
  await settled()
  expect(network.calls.get('a')).toMatchObject({ get: 1, getMany: 1 })
  arrived.open()
  expect(texts(await many)).toEqual([`${keyOf(0)}#1`, `${keyOf(0, 1)}#1`, `${keyOf(0, 2)}#1`])
  await single
})

it('an abort ends the call, and the request when nobody else waits for a part of it', async () => {
  const { group, keyOf } = fleetOf(2)
  const signals: AbortSignal[] = []
  const load: Load<Uint8Array> = (_key, { signal }) => {
    signals.push(signal)
    return new Promise(() => undefined)
  }
  const [, b] = group({ load, maxBytes: 10_000 })
  const caller = new AbortController()
  const other = new AbortController()
  const many = failure(b!.getMany([keyOf(0), keyOf(0, 1)], { signal: caller.signal }))
  const single = failure(b!.get(keyOf(0), { signal: other.signal }))
  await settled()
  caller.abort()
  expect(await many).toMatchObject({ code: 'ABORTED' })
  await settled()
  expect(signals.map(signal => signal.aborted)).toEqual([false, false])
  other.abort()
  expect(await single).toMatchObject({ code: 'ABORTED' })
  await settled()
  expect(signals.map(signal => signal.aborted)).toEqual([true, true])
})

it('24: a remove during getMany wins', async () => {
  const { group, keyOf } = fleetOf(2)
  const loaded = gate<Uint8Array>()
  let isLate = false
  const groups = group({ load: () => (isLate ? bytes('new') : loaded.promise), maxBytes: 10_000 })
  const keys = [keyOf(0), keyOf(0, 1)]
  const many = groups[1]!.getMany(keys)
  await settled()
  await groups[1]!.remove(keys[0]!)
  isLate = true
  loaded.open(bytes('old'))
  expect(texts(await many)).toEqual(['old', 'old'])
  for (const each of groups) expect(texts(await each.getMany(keys))).toEqual(['new', 'old'])
})

it("many keys are one listener of the caller's signal, here and at the owner, and an abort midway ends all", async () => {
  const { nodes, group, keyOf } = fleetOf(2)
  const seen: AbortSignal[] = []
  const { service } = nodes[0]!.cache
  const getMany = service.getMany.bind(service)
  service.getMany = (name, keys, options = {}) => {
    seen.push(options.signal!)
    return getMany(name, keys, options)
  }
  const signals: AbortSignal[] = []
  const load: Load<Uint8Array> = (_key, { signal }) => {
    signals.push(signal)
    return new Promise(() => undefined)
  }
  const [, b] = group({ load, maxBytes: 10_000 })
  const keys = Array.from({ length: 1_000 }, (_, i) => `${i * 7919}.key.${i}`)
  const caller = new AbortController()
  const many = failure(b!.getMany([...keys, keyOf(0)], { signal: caller.signal }))
  await settled()
  seen.push(caller.signal)
  expect(seen.map(signal => getEventListeners(signal, 'abort').length)).toEqual([1, 1])
  caller.abort()
  expect(await many).toMatchObject({ code: 'ABORTED' })
  await settled()
  expect(signals.filter(signal => !signal.aborted)).toEqual([])
  expect(signals.length).toBeGreaterThan(999)
  expect(getEventListeners(caller.signal, 'abort')).toEqual([])
})
