import { join } from 'node:path'
import { expect, it } from 'vitest'
import { FileStore } from '../../src/store/file-store.ts'
import { bytes, scratch } from './scratch.ts'

it('a loop of loads and listings leaves timers their turn', async () => {
  await using store = await FileStore.open(join(scratch(), 'store'), { durability: 'process' })
  await store.store('k', bytes('v'))
  for (const call of [() => store.load('k'), () => store.list('').next()]) {
    let isOver = false
    setTimeout(() => {
      isOver = true
    }, 5)
    // Without turns this would never end.
    while (!isOver) await call()
    expect(isOver).toBe(true)
  }
})
