import { getEventListeners } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Flight, Flights } from '../../src/group/flights.ts'

/** A work that ends when told, and what it was told. */
class Gate<T> {
  readonly flights: Flight[] = []
  resolve: (value: T) => void = () => {}
  reject: (error: unknown) => void = () => {}

  readonly work = (flight: Flight): Promise<T> => {
    this.flights.push(flight)
    return new Promise<T>((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
  }
}

const unhandled: unknown[] = []
const note = (reason: unknown): number => unhandled.push(reason)
beforeAll(() => void process.on('unhandledRejection', note))
afterAll(() => void process.off('unhandledRejection', note))

/** Lets all promises settle, and the process notice those that nobody handles. */
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

const failing = (): Promise<string> => Promise.reject(new Error('must not be called'))

describe('Flights', () => {
  it('runs one work per key, and each key on its own', async () => {
    const flights = new Flights<string>()
    const [a, b] = [new Gate<string>(), new Gate<string>()]
    const results = [flights.run('a', a.work), flights.run('b', b.work), flights.run('a', failing)]
    expect(flights.size).toBe(2)
    b.resolve('b')
    a.resolve('a')
    expect(await Promise.all(results)).toEqual(['a', 'b', 'a'])
    expect(flights.size).toBe(0)
    expect(await flights.run('a', async () => 'again')).toBe('again')
  })

  it('calls the work at once', () => {
    const gate = new Gate<string>()
    void new Flights<string>().run('key', gate.work)
    expect(gate.flights.map(({ isCurrent, signal }) => [isCurrent, signal.aborted])).toEqual([[true, false]])
  })

  it.each([
    ['rejects', () => Promise.reject(new Error('broken'))],
    [
      'throws at once',
      () => {
        throw new Error('broken')
      },
    ],
  ])('rejects all callers if the work %s, and the next run works', async (_, work) => {
    const flights = new Flights<string>()
    let more: Promise<string>[] = []
    const first = flights.run('key', flight => {
      more = [flights.run('key', failing), flights.run('key', failing, new AbortController().signal)]
      expect(flight.isCurrent).toBe(true)
      return work()
    })
    const settled = await Promise.allSettled([first, ...more])
    expect(settled.map(each => each.status === 'rejected' && each.reason.message)).toEqual(Array(3).fill('broken'))
    expect(await flights.run('key', async () => 'fine')).toBe('fine')
    expect(flights.size).toBe(0)
  })

  it('an abort rejects only its own caller, the first one included', async () => {
    const flights = new Flights<string>()
    const gate = new Gate<string>()
    const leader = new AbortController()
    const follower = new AbortController()
    const results = [
      flights.run('key', gate.work, leader.signal),
      flights.run('key', failing, follower.signal),
      flights.run('key', failing),
    ]
    leader.abort('tired')
    await expect(results[0]).rejects.toMatchObject({ code: 'ABORTED', cause: 'tired' })
    follower.abort()
    await expect(results[1]).rejects.toMatchObject({ code: 'ABORTED' })
    expect(gate.flights[0]?.signal.aborted).toBe(false)
    gate.resolve('value')
    expect(await results[2]).toBe('value')
  })

  it('aborts the work when the last caller left, and whoever comes then starts a fresh flight', async () => {
    const flights = new Flights<string>()
    const [old, fresh] = [new Gate<string>(), new Gate<string>()]
    const callers = [new AbortController(), new AbortController()]
    const results = callers.map(({ signal }) => flights.run('key', old.work, signal))
    callers[1]?.abort()
    expect(old.flights[0]).toMatchObject({ isCurrent: true, signal: { aborted: false } })
    callers[0]?.abort()
    expect(old.flights[0]).toMatchObject({ isCurrent: false, signal: { aborted: true } })
    expect(old.flights[0]?.signal.reason).toMatchObject({ code: 'ABORTED' })
    const next = flights.run('key', fresh.work)
    expect(flights.size).toBe(2)
    // The work of old does not care for its signal, and ends after all.
    old.resolve('old')
    await turn()
    fresh.resolve('fresh')
    expect(await next).toBe('fresh')
    for (const result of results) await expect(result).rejects.toMatchObject({ code: 'ABORTED' })
    expect(flights.size).toBe(0)
  })

  it('does not begin for a signal that is aborted already, nor lets it join', async () => {
    const flights = new Flights<string>()
    const signal = AbortSignal.abort('early')
    await expect(flights.run('key', failing, signal)).rejects.toMatchObject({ code: 'ABORTED', cause: 'early' })
    expect(flights.size).toBe(0)
    const gate = new Gate<string>()
    const other = flights.run('key', gate.work)
    await expect(flights.run('key', failing, signal)).rejects.toMatchObject({ code: 'ABORTED' })
    gate.resolve('value')
    expect(await other).toBe('value')
  })

  it('callers under one signal leave together, and leave no listener', async () => {
    const flights = new Flights<string>()
    const caller = new AbortController()
    const gates = [new Gate<string>(), new Gate<string>()] as const
    const run = (at: 0 | 1): Promise<string>[] => [1, 2, 3].map(() => flights.run('key', gates[at].work, caller.signal))
    const first = run(0)
    expect(getEventListeners(caller.signal, 'abort').length).toBe(1)
    gates[0].resolve('value')
    expect(await Promise.all(first)).toEqual(['value', 'value', 'value'])
    expect(getEventListeners(caller.signal, 'abort').length).toBe(0)
    const second = run(1)
    caller.abort()
    for (const result of second) await expect(result).rejects.toMatchObject({ code: 'ABORTED' })
    expect(gates[1].flights[0]?.signal.aborted).toBe(true)
    expect(getEventListeners(caller.signal, 'abort').length).toBe(0)
  })

  it('leaves no listener after a failure or a close', async () => {
    const { signal } = new AbortController()
    const flights = new Flights<string>()
    const gate = new Gate<string>()
    const failed = flights.run('failed', () => Promise.reject(new Error('broken')), signal)
    const closed = flights.run('closed', gate.work, signal)
    await expect(failed).rejects.toThrow('broken')
    expect(getEventListeners(signal, 'abort').length).toBe(1)
    flights.close(new Error('closed'))
    await expect(closed).rejects.toThrow('closed')
    expect(getEventListeners(signal, 'abort').length).toBe(0)
  })

  it('a detached flight answers those who wait; who comes later gets a fresh one', async () => {
    const flights = new Flights<string>()
    const [old, fresh] = [new Gate<string>(), new Gate<string>()]
    const before = flights.run('key', old.work)
    flights.detach('key')
    flights.detach('key')
    expect(old.flights[0]).toMatchObject({ isCurrent: false, signal: { aborted: false } })
    const after = flights.run('key', fresh.work)
    fresh.resolve('fresh')
    expect(await after).toBe('fresh')
    old.resolve('old')
    expect(await before).toBe('old')
    expect(fresh.flights[0]?.isCurrent).toBe(true)
    expect(flights.size).toBe(0)
  })

  it('the end of a detached flight leaves the fresh one alone', async () => {
    const flights = new Flights<string>()
    const [old, fresh] = [new Gate<string>(), new Gate<string>()]
    const before = flights.run('key', old.work)
    flights.detach('key')
    const after = flights.run('key', fresh.work)
    old.resolve('old')
    await before
    const joined = flights.run('key', failing)
    fresh.resolve('fresh')
    expect(await Promise.all([after, joined])).toEqual(['fresh', 'fresh'])
  })

  it('aborts a detached flight as well when nobody waits for it, and only that', async () => {
    const flights = new Flights<string>()
    const [old, fresh] = [new Gate<string>(), new Gate<string>()]
    const caller = new AbortController()
    const before = flights.run('key', old.work, caller.signal)
    flights.detach('key')
    const after = flights.run('key', fresh.work)
    caller.abort()
    await expect(before).rejects.toMatchObject({ code: 'ABORTED' })
    expect([old, fresh].map(({ flights: [flight] }) => flight?.signal.aborted)).toEqual([true, false])
    fresh.resolve('fresh')
    expect(await after).toBe('fresh')
  })

  it('a work may detach its own key while it is called', async () => {
    const flights = new Flights<string>()
    const seen: boolean[] = []
    const first = flights.run('key', async flight => {
      flights.detach('key')
      seen.push(flight.isCurrent)
      return 'first'
    })
    expect(await Promise.all([first, flights.run('key', async () => 'second')])).toEqual(['first', 'second'])
    expect(seen).toEqual([false])
  })

  it('close aborts every work and rejects every caller with its reason, also those that come later', async () => {
    const flights = new Flights<string>()
    const [old, fresh, behind] = [new Gate<string>(), new Gate<string>(), new Gate<string>()]
    const before = flights.run('key', old.work)
    flights.detach('key')
    const after = flights.run('key', fresh.work)
    flights.runBehind('other', behind.work)
    const reason = new Error('shut')
    flights.close(reason)
    flights.close(new Error('again'))
    for (const gate of [old, fresh, behind]) {
      expect(gate.flights[0]).toMatchObject({ isCurrent: false, signal: { aborted: true, reason } })
    }
    const later = flights.run('key', failing)
    for (const result of [before, after, later]) await expect(result).rejects.toBe(reason)
    expect(flights.runBehind('key', failing)).toBe(false)
    old.resolve('late')
    fresh.reject(new Error('late'))
    behind.reject(new Error('late'))
    await turn()
    expect(flights.size).toBe(0)
  })

  it('a flight behind needs no caller, is joined, and goes on when those who joined leave', async () => {
    const flights = new Flights<string>()
    const gate = new Gate<string>()
    const caller = new AbortController()
    expect(flights.runBehind('key', gate.work)).toBe(true)
    expect(flights.runBehind('key', failing)).toBe(false)
    const left = flights.run('key', failing, caller.signal)
    caller.abort()
    await expect(left).rejects.toMatchObject({ code: 'ABORTED' })
    expect(gate.flights[0]).toMatchObject({ isCurrent: true, signal: { aborted: false } })
    const joined = flights.run('key', failing)
    gate.resolve('value')
    expect(await joined).toBe('value')
    expect(flights.size).toBe(0)
  })

  it('a flight behind that fails bothers nobody, and its key is free again', async () => {
    const flights = new Flights<string>()
    expect(flights.runBehind('key', () => Promise.reject(new Error('broken')))).toBe(true)
    const thrown = (): Promise<string> => {
      throw new Error('broken')
    }
    expect(flights.runBehind('other', thrown)).toBe(true)
    await turn()
    expect(flights.size).toBe(0)
    expect(flights.runBehind('key', async () => 'fine')).toBe(true)
  })

  it('a flight behind can be detached', async () => {
    const flights = new Flights<string>()
    const gate = new Gate<string>()
    flights.runBehind('key', gate.work)
    flights.detach('key')
    expect(gate.flights[0]).toMatchObject({ isCurrent: false, signal: { aborted: false } })
    expect(await flights.run('key', async () => 'fresh')).toBe('fresh')
    gate.resolve('old')
    await turn()
    expect(flights.size).toBe(0)
  })

  it('10,000 callers at once are one work, under one signal, none, or one each', async () => {
    const shared = new AbortController().signal
    for (const signalOf of [() => undefined, () => shared, () => new AbortController().signal]) {
      const flights = new Flights<string>()
      const gate = new Gate<string>()
      const results = Array.from({ length: 10_000 }, () => flights.run('key', gate.work, signalOf()))
      expect(gate.flights.length).toBe(1)
      gate.resolve('value')
      expect(new Set(await Promise.all(results))).toEqual(new Set(['value']))
    }
  })

  it('nothing of all that was an unhandled rejection', async () => {
    const flights = new Flights<string>()
    const late = flights.run('key', () => Promise.reject(new Error('broken')))
    await turn()
    await expect(late).rejects.toThrow('broken')
    await turn()
    expect(unhandled).toEqual([])
  })
})
