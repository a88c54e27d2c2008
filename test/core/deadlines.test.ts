import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Deadlines } from '../../src/core/deadlines.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** What of `names` was told by each of the times. */
function follow(deadlines: Deadlines): { begin: (name: string) => () => void; told: string[] } {
  const told: string[] = []
  const begin = (name: string): (() => void) => {
    const deadline = deadlines.begin(() => told.push(name))
    return () => deadlines.end(deadline)
  }
  return { begin, told }
}

it('each is told when its own time is over, in the order of their beginning', () => {
  const { begin, told } = follow(new Deadlines(100))
  begin('a')
  vi.advanceTimersByTime(40)
  begin('b')
  begin('c')
  vi.advanceTimersByTime(59)
  expect(told).toEqual([])
  vi.advanceTimersByTime(1)
  expect(told).toEqual(['a'])
  vi.advanceTimersByTime(40)
  expect(told).toEqual(['a', 'b', 'c'])
})

it('what ended is not told, however often it ends', () => {
  const { begin, told } = follow(new Deadlines(100))
  const end = begin('a')
  begin('b')
  end()
  end()
  vi.advanceTimersByTime(1_000)
  expect(told).toEqual(['b'])
})

it('one that begins after a pause has its whole time', () => {
  const { begin, told } = follow(new Deadlines(100))
  begin('a')()
  vi.advanceTimersByTime(99)
  begin('b')
  vi.advanceTimersByTime(99)
  expect(told).toEqual([])
  vi.advanceTimersByTime(1)
  expect(told).toEqual(['b'])
})

it('one that is told may end another, and begin one', () => {
  const deadlines = new Deadlines(100)
  const { begin, told } = follow(deadlines)
  let endOther = (): void => undefined
  deadlines.begin(() => {
    endOther()
    begin('new')
  })
  endOther = begin('other')
  vi.advanceTimersByTime(100)
  expect(told).toEqual([])
  vi.advanceTimersByTime(100)
  expect(told).toEqual(['new'])
})

it('one that begins while another is told makes none late', () => {
  const deadlines = new Deadlines(100)
  const { begin, told } = follow(deadlines)
  deadlines.begin(() => begin('new'))
  vi.advanceTimersByTime(40)
  begin('b')
  vi.advanceTimersByTime(100)
  expect(told).toEqual(['b'])
  vi.advanceTimersByTime(60)
  expect(told).toEqual(['b', 'new'])
})

it('one that is over leads to no other', () => {
  const deadlines = new Deadlines(100)
  const [a, b, c] = ['a', 'b', 'c'].map(() => deadlines.begin(() => undefined))
  deadlines.end(b!)
  deadlines.end(a!)
  deadlines.end(c!)
  for (const over of [a, b, c]) expect([over!.earlier, over!.later]).toEqual([undefined, undefined])
})

it('one timer serves them all, and without a call it does not keep the process', () => {
  vi.useRealTimers()
  const kept = (): number => process.getActiveResourcesInfo().filter(each => each === 'Timeout').length
  const before = kept()
  const deadlines = new Deadlines(60_000)
  const begun = [1, 2, 3].map(() => deadlines.begin(() => undefined))
  expect(kept()).toBe(before + 1)
  for (const deadline of begun) deadlines.end(deadline)
  expect(kept()).toBe(before)
  const last = deadlines.begin(() => undefined)
  expect(kept()).toBe(before + 1)
  deadlines.end(last)
})
