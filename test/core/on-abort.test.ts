import { getEventListeners } from 'node:events'
import { expect, it } from 'vitest'
import { abortable } from '../../src/core/abortable.ts'
import { onAbort } from '../../src/core/on-abort.ts'
import { SerialQueue } from '../../src/core/serial-queue.ts'

it('tells all who listen, in their order, by one listener of the signal', () => {
  const controller = new AbortController()
  const told: number[] = []
  const stops = Array.from({ length: 4 }, (_, i) => onAbort(controller.signal, () => told.push(i)))
  expect(getEventListeners(controller.signal, 'abort').length).toBe(1)
  stops[2]!()
  stops[2]!()
  controller.abort()
  expect(told).toEqual([0, 1, 3])
  for (const stop of stops) stop()
})

it('leaves no listener when nobody listens any more, and may begin anew', () => {
  const controller = new AbortController()
  let told = 0
  const listener = (): number => told++
  const stops = [onAbort(controller.signal, listener), onAbort(controller.signal, listener)]
  for (const stop of stops) stop()
  expect(getEventListeners(controller.signal, 'abort').length).toBe(0)
  const stop = onAbort(controller.signal, listener)
  // Of an earlier time: it must not end the new one.
  stops[0]!()
  controller.abort()
  expect(told).toBe(1)
  stop()
})

it('who is told may end others', () => {
  const controller = new AbortController()
  const told: string[] = []
  onAbort(controller.signal, () => {
    told.push('one')
    stop()
  })
  const stop = onAbort(controller.signal, () => told.push('two'))
  controller.abort()
  expect(told).toEqual(['one'])
})

it('is how calls that wait listen: one listener for all under one signal, and none when they ended', async () => {
  const { signal } = new AbortController()
  let open = (): void => undefined
  const work = new Promise<void>(resolve => {
    open = resolve
  })
  const queue = new SerialQueue()
  const calls = Array.from({ length: 100 }, () => [abortable(work, signal), queue.run(() => work, signal)]).flat()
  expect(getEventListeners(signal, 'abort')).toHaveLength(1)
  open()
  await Promise.all(calls)
  await new Promise(resolve => setImmediate(resolve))
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
})
