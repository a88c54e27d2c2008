import fs from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { FileStore } from '../../src/store/file-store.ts'
import { faultyFileSystem } from './faulty-file-system.ts'
import { bytes, scratch } from './scratch.ts'

it('the first write flushes what names the directory too: who made it may have died before he did', async () => {
  const parent = scratch()
  const dir = join(parent, 'store')
  fs.mkdirSync(dir, { mode: 0o700 })
  const flushed: unknown[] = []
  const io = faultyFileSystem((operation, [path]) => {
    if (operation === 'open' && (path === dir || path === parent)) flushed.push(path)
  })
  const store = await FileStore.open(dir, { io })
  flushed.length = 0
  await store.store('k', bytes('1'))
  await store.store('k', bytes('2'))
  expect(flushed).toEqual([parent, dir, dir])
  await store.close()
})
