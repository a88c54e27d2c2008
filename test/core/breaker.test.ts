import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Breaker, type BreakerOptions, type BreakerPass } from '../../src/core/breaker.ts'

// COLDSNAP_RUNS=20 makes every property run 20 times as many samples.
const factor = Number(process.env['COLDSNAP_RUNS'] ?? 1)

const exact = { maxFailures: 3, backOffMs: 100, maxBackOffMs: 1000, jitter: 0 }

/** A breaker that failed `times` in a row at `nowMs`. */
function failed(times: number, nowMs = 0, options: BreakerOptions = exact): Breaker {
  const breaker = new Breaker(options)
  for (let i = 0; i < times; i++) breaker.tryEnter(nowMs)?.failed(nowMs)
  return breaker
}

describe('Breaker', () => {
  it('opens after so many failures in a row, not before', () => {
    expect(failed(2).state).toBe('closed')
    expect(failed(2).tryEnter(0)).toBeDefined()
    expect(failed(3).state).toBe('open')
    expect(failed(3).tryEnter(99)).toBeUndefined()
    const breaker = failed(2)
    breaker.tryEnter(0)?.succeeded()
    breaker.tryEnter(0)?.failed(0)
    breaker.tryEnter(0)?.failed(0)
    expect(breaker.state).toBe('closed')
  })

  it('lets exactly one probe through when the time is over, and all again when that succeeds', () => {
    const breaker = failed(3)
    const probe = breaker.tryEnter(100)
    expect([probe !== undefined, breaker.state, breaker.tryEnter(100), breaker.tryEnter(1e6)]).toEqual([
      true,
      'halfOpen',
      undefined,
      undefined,
    ])
    probe?.succeeded()
    expect(breaker.state).toBe('closed')
    expect([breaker.tryEnter(100), breaker.tryEnter(100)]).not.toContain(undefined)
    breaker.tryEnter(100)?.failed(100)
    breaker.tryEnter(100)?.failed(100)
    expect(breaker.state).toBe('closed')
  })

  it('waits twice as long each time a probe fails, up to the longest time, and starts anew after a success', () => {
    const breaker = failed(3)
    let nowMs = 0
    for (const waitMs of [100, 200, 400, 800, 1000, 1000]) {
      expect(breaker.tryEnter(nowMs + waitMs - 1)).toBeUndefined()
      nowMs += waitMs
      breaker.tryEnter(nowMs)?.failed(nowMs)
    }
    breaker.tryEnter(nowMs + 1000)?.succeeded()
    for (let i = 0; i < 3; i++) breaker.tryEnter(nowMs)?.failed(nowMs)
    expect(breaker.tryEnter(nowMs + 99)).toBeUndefined()
    expect(breaker.tryEnter(nowMs + 100)).toBeDefined()
  })

  it('is not bent by ever so many failed probes', () => {
    const breaker = failed(3)
    for (let nowMs = 0; nowMs < 2_000_000; nowMs += 1000) breaker.tryEnter(nowMs)?.failed(nowMs)
    expect(breaker.tryEnter(2_000_000)).toBeDefined()
  })

  it('shortens the time at random by the share of jitter', () => {
    const breaker = failed(3, 0, { ...exact, jitter: 0.5, random: () => 0.5 })
    expect(breaker.tryEnter(74)).toBeUndefined()
    expect(breaker.tryEnter(75)).toBeDefined()
  })

  it('a probe that its caller gave up makes way for the next', () => {
    const breaker = failed(3)
    const probe = breaker.tryEnter(100)
    probe?.abandoned()
    const next = breaker.tryEnter(100)
    expect([next !== undefined, breaker.tryEnter(100)]).toEqual([true, undefined])
    // What the first says now is too late.
    probe?.succeeded()
    probe?.failed(100)
    probe?.abandoned()
    expect(breaker.state).toBe('halfOpen')
    next?.succeeded()
    expect(breaker.state).toBe('closed')
  })

  it('calls that are given up while closed count for nothing', () => {
    const breaker = failed(2)
    breaker.tryEnter(0)?.abandoned()
    expect(breaker.state).toBe('closed')
    breaker.tryEnter(0)?.failed(0)
    expect(breaker.state).toBe('open')
  })

  it('calls that began in an earlier state count for nothing', () => {
    const breaker = new Breaker(exact)
    const passes = Array.from({ length: 9 }, () => breaker.tryEnter(0))
    for (const pass of passes.slice(0, 5)) pass?.failed(0)
    passes[5]?.succeeded()
    expect(breaker.state).toBe('open')
    expect(breaker.tryEnter(99)).toBeUndefined()
    const probe = breaker.tryEnter(100)
    passes[6]?.abandoned()
    expect(breaker.tryEnter(100)).toBeUndefined()
    probe?.succeeded()
    for (const pass of passes.slice(6)) pass?.failed(100)
    expect(breaker.state).toBe('closed')
  })

  it('is closed, with nothing held against the peer, when it is heard of by another way', () => {
    const breaker = failed(3)
    breaker.tryEnter(100)?.failed(100)
    breaker.heard()
    expect(breaker.state).toBe('closed')
    for (let i = 0; i < 3; i++) breaker.tryEnter(200)?.failed(200)
    expect([breaker.tryEnter(299), breaker.tryEnter(300) !== undefined]).toEqual([undefined, true])
    breaker.heard()
    expect(breaker.state).toBe('closed')
  })

  it('a pass counts once', () => {
    const breaker = new Breaker(exact)
    const pass = breaker.tryEnter(0)
    for (let i = 0; i < 5; i++) pass?.failed(0)
    expect(breaker.state).toBe('closed')
  })

  it('a clock that is set back does not close the way for long', () => {
    const breaker = failed(3, 1e9)
    expect(breaker.tryEnter(5)).toBeDefined()
  })

  it('has defaults, and refuses wrong options', () => {
    expect(failed(2, 0, {}).state).toBe('closed')
    const breaker = failed(3, 0, {})
    expect([breaker.state, breaker.tryEnter(499), breaker.tryEnter(1000) !== undefined]).toEqual([
      'open',
      undefined,
      true,
    ])
    expect(() => new Breaker({ maxFailures: 0 })).toThrow(RangeError)
    expect(() => new Breaker({ backOffMs: 0 })).toThrow(RangeError)
    expect(() => new Breaker({ backOffMs: 100, maxBackOffMs: 99 })).toThrow(RangeError)
    for (const jitter of [-0.1, 1.1, Number.NaN]) expect(() => new Breaker({ jitter })).toThrow(RangeError)
    expect(() => new Breaker({ failures: 1 } as never)).toThrow(/Unknown option failures/)
  })

  it('never has two probes, never waits longer than the longest time, opens only after so many failures', () => {
    const step = fc.record({
      kind: fc.constantFrom(
        'enter' as const,
        'enter' as const,
        'succeeded' as const,
        'failed' as const,
        'failed' as const,
        'abandoned' as const,
      ),
      which: fc.nat(5),
      passMs: fc.oneof(fc.constant(0), fc.nat(400)),
    })
    const options = fc.record({
      maxFailures: fc.integer({ min: 1, max: 4 }),
      jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    const property = fc.property(
      options,
      fc.array(step, { maxLength: 80 }),
      fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
      (given, steps, numbers) => {
        const random = (): number => numbers.next().value
        const breaker = new Breaker({ ...given, backOffMs: 100, maxBackOffMs: 300, random })
        const open: BreakerPass[] = []
        const passEras = new Map<BreakerPass, number>()
        let era = 0
        let probe: BreakerPass | undefined
        let [nowMs, openedAtMs, failures] = [0, 0, 0]
        for (const { kind, which, passMs } of steps) {
          nowMs += passMs
          const before = breaker.state
          if (kind === 'enter') {
            const pass = breaker.tryEnter(nowMs)
            if (before === 'closed') expect(pass).toBeDefined()
            if (before === 'halfOpen') expect(pass).toBeUndefined()
            if (before === 'open' && nowMs - openedAtMs >= 300) expect(pass).toBeDefined()
            if (before === 'open' && pass !== undefined) {
              expect(nowMs - openedAtMs).toBeGreaterThanOrEqual(100 * (1 - given.jitter))
              probe = pass
            }
            expect(breaker.state === 'halfOpen').toBe(before === 'halfOpen' || (pass === probe && pass !== undefined))
            if (breaker.state !== before) era++
            if (pass !== undefined) {
              open.push(pass)
              passEras.set(pass, era)
            }
            continue
          }
          const [pass] = open.splice(which, 1)
          if (pass === undefined) continue
          pass[kind](nowMs)
          // What a call reports that began before the last change of state is no news.
          const isNews = passEras.get(pass) === era
          if (breaker.state !== before) era++
          if (!isNews) {
            expect(breaker.state).toBe(before)
            continue
          }
          failures = kind === 'failed' ? failures + 1 : kind === 'succeeded' && before === 'closed' ? 0 : failures
          if (before === 'halfOpen' && pass === probe) {
            expect(breaker.state).toBe(kind === 'succeeded' ? 'closed' : 'open')
            if (kind === 'failed') openedAtMs = nowMs
            if (kind === 'succeeded') failures = 0
            probe = undefined
          } else if (before === 'closed' && breaker.state === 'open') {
            expect(kind).toBe('failed')
            expect(failures).toBeGreaterThanOrEqual(given.maxFailures)
            openedAtMs = nowMs
          } else expect(breaker.state).toBe(before)
        }
      },
    )
    fc.assert(property, { numRuns: 300 * factor })
  })
})
