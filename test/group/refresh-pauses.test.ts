import { expect, it } from 'vitest'
import { RefreshPauses } from '../../src/group/refresh-pauses.ts'

it('a pause is half of what is left, at most a second', () => {
  const pauses = new RefreshPauses()
  expect(pauses.has('a', 0)).toBe(false)
  for (const [leftMs, pauseMs] of [
    [500, 250],
    [10_000, 1_000],
    [0, 1_000],
    [-5, 1_000],
  ] as const) {
    pauses.begin('a', leftMs, 7_000)
    expect(pauses.has('a', 7_000 + pauseMs - 1)).toBe(true)
    expect(pauses.has('b', 7_000)).toBe(false)
    expect(pauses.has('a', 7_000 + pauseMs)).toBe(false)
  }
})

it('a clock that was set back ends a pause, and so does a change of the key', () => {
  const pauses = new RefreshPauses()
  pauses.begin('a', 0, 7_000)
  expect(pauses.has('a', 5_000)).toBe(false)
  pauses.begin('a', 0, 7_000)
  pauses.end('a')
  expect(pauses.has('a', 7_000)).toBe(false)
})

it('remembers only so many keys, the newest', () => {
  const pauses = new RefreshPauses()
  for (let i = 0; i < 10_001; i++) pauses.begin(String(i), 0, 0)
  expect(['0', '1', '10000'].map(key => pauses.has(key, 1))).toEqual([false, true, true])
})
