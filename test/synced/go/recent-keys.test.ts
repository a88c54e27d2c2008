import { expect, it } from 'vitest'
import { RecentKeys } from '../../../src/synced/go/recent-keys.ts'

it('two events of a key may have crossed for as long as said, whatever the clock does', () => {
  const recent = new RecentKeys(1000)
  expect(recent.isCrossing('k', 0)).toBe(false)
  recent.note('k', 1, 10_000)
  expect(recent.isCrossing('k', 10_999)).toBe(true)
  expect(recent.isCrossing('k', 9_500)).toBe(true)
  expect(recent.isCrossing('k', 11_000)).toBe(false)
  expect(recent.isCrossing('other', 10_000)).toBe(false)
})

it('a key moved after a version if it had an event since, or all did', () => {
  const recent = new RecentKeys(1000)
  expect(recent.movedAfter('k', 0)).toBe(false)
  recent.note('k', 5, 0)
  expect([4, 5, 6].map(version => recent.movedAfter('k', version))).toEqual([true, false, false])
  recent.allMoved(8)
  expect([7, 8].map(version => recent.movedAfter('other', version))).toEqual([true, false])
  expect(recent.isCrossing('other', 0)).toBe(false)
})

it('after a gap every key may have moved, and crosses for a while', () => {
  const recent = new RecentKeys(1000)
  recent.missed(3, 50_000)
  expect([2, 3].map(version => recent.movedAfter('k', version))).toEqual([true, false])
  expect([50_999, 51_000].map(nowMs => recent.isCrossing('k', nowMs))).toEqual([true, false])
})

it('what is forgotten for lack of room is in doubt', () => {
  const recent = new RecentKeys(1000)
  recent.note('first', 1, 0)
  for (let version = 2; version <= 120_000; version++) recent.note(`k${version}`, version, 10)
  expect(recent.movedAfter('other', 10)).toBe(true)
  expect(recent.movedAfter('other', 119_999)).toBe(false)
  expect(recent.isCrossing('first', 500)).toBe(true)
  expect(recent.isCrossing('first', 1500)).toBe(false)
})

it('what is older than two loads is in doubt', () => {
  const recent = new RecentKeys(1000)
  recent.note('k', 1, 0)
  recent.note('k', 2, 30_000)
  expect(recent.movedAfter('other', 1)).toBe(false)
  recent.note('k', 3, 60_000)
  expect(recent.movedAfter('other', 0)).toBe(true)
  expect(recent.movedAfter('other', 1)).toBe(false)
})
