import { expect, it } from 'vitest'
import { OwnWrites } from '../../../src/synced/go/own-writes.ts'
import type { SyncedEntry } from '../../../src/synced/remote-level.ts'

const entry = (text: string): SyncedEntry => ({
  version: 1,
  codec: 1,
  body: new TextEncoder().encode(text),
  freshUntilMs: Number.POSITIVE_INFINITY,
  expiresAtMs: Number.POSITIVE_INFINITY,
  tags: [],
})

it('an event is that of the only write, and gives it its number', () => {
  const own = new OwnWrites()
  const write = own.begin('k', entry('a'), true)
  expect([own.has('k'), own.has('other')]).toEqual([true, false])
  expect(own.arrived('k', 7)).toEqual({ ...entry('a'), version: 7 })
  expect(write.entry?.version).toBe(7)
  expect([own.has('k'), own.arrived('k', 8)]).toEqual([false, undefined])
})

it('of writes at the same time nobody knows', () => {
  const own = new OwnWrites()
  own.begin('k', entry('a'), true)
  own.begin('k', entry('b'), true)
  expect([own.arrived('k', 1), own.has('k'), own.arrived('k', 2), own.has('k')]).toEqual([
    undefined,
    true,
    undefined,
    false,
  ])
})

it('of one after the other the events come in their order', () => {
  const own = new OwnWrites()
  own.begin('k', entry('a'), true).isDone = true
  own.begin('k', entry('b'), true)
  expect(own.arrived('k', 1)).toEqual(entry('a'))
  expect(own.arrived('k', 2)).toEqual({ ...entry('b'), version: 2 })
})

it('one that fails tells whether an event was taken for its own', () => {
  const own = new OwnWrites()
  const write = own.begin('k', entry('a'), true)
  expect([own.failed(write), own.has('k')]).toEqual([false, false])
  const next = own.begin('k', entry('b'), true)
  own.arrived('k', 1)
  expect(own.failed(next)).toBe(true)
})

it('nothing is remembered without a subscription, and after a new one', () => {
  const own = new OwnWrites()
  own.begin('k', entry('a'), false)
  expect(own.has('k')).toBe(false)
  own.begin('k', entry('a'), true)
  own.forget()
  expect(own.arrived('k', 1)).toBeUndefined()
})
