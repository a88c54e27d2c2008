import { once } from 'node:events'
import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FileStore } from '../../src/store/file-store.ts'
import { LevelStore } from '../../src/store/level-store.ts'
import { startChild } from './child.ts'
import { bytes, scratch } from './scratch.ts'

const openers = {
  FileStore: { open: (dir: string) => FileStore.open(dir), module: 'file-store' },
  LevelStore: { open: (dir: string) => LevelStore.open(dir), module: 'level-store' },
} as const

describe.each(Object.entries(openers))('the lock of %s', (name, { open, module }) => {
  const holder = (dir: string): string => `
    import { ${name} } from './src/store/${module}.js'
    const store = await ${name}.open(${JSON.stringify(dir)})
    await store.store('k', new Uint8Array([1]))
    console.log('held')
    process.stdin.resume()
  `

  it('refuses a second writer in this process, and lets it in after close', async () => {
    const dir = join(scratch(), 'store')
    const first = await open(dir)
    await expect(open(dir)).rejects.toMatchObject({ name: 'CacheError', code: 'LOCKED' })
    await expect(open(join(dir, '..', 'store', '.'))).rejects.toMatchObject({ code: 'LOCKED' })
    await first.store('k', bytes('v'))
    await first.close()
    const second = await open(dir)
    expect(await second.load('k')).toEqual(bytes('v'))
    await second.close()
  })

  it('of two opens at the same time exactly one succeeds', async () => {
    const dir = join(scratch(), 'store')
    const results = await Promise.allSettled([open(dir), open(dir), open(dir)])
    expect(results.filter(result => result.status === 'fulfilled')).toHaveLength(1)
    for (const result of results) {
      if (result.status === 'fulfilled') await result.value.close()
      else expect(result.reason).toMatchObject({ code: 'LOCKED' })
    }
  })

  it('is held against other processes, and ends with kill -9', async () => {
    const dir = join(scratch(), 'store')
    const child = startChild(holder(dir))
    expect(await child.line()).toBe('held')
    await expect(open(dir)).rejects.toMatchObject({ code: 'LOCKED' })
    await child.kill('SIGKILL')
    const store = await open(dir)
    expect(await store.load('k')).toEqual(bytes('\u0001'))
    await store.close()
  })

  it('survives a refused open: a third process is still refused', async () => {
    const dir = join(scratch(), 'store')
    const store = await open(dir)
    await expect(open(dir)).rejects.toMatchObject({ code: 'LOCKED' })
    const child = startChild(`
      import { ${name} } from './src/store/${module}.js'
      console.log(await ${name}.open(${JSON.stringify(dir)}).then(() => 'opened', error => error.code))
    `)
    expect(await child.line()).toBe('LOCKED')
    await store.close()
  })

  it('does not keep a process alive', async () => {
    const dir = join(scratch(), 'store')
    const child = startChild(holder(dir).replace('process.stdin.resume()', ''))
    expect(await child.line()).toBe('held')
    expect(await once(child.process, 'exit')).toEqual([0, null])
  })
})

describe('the lock of FileStore', () => {
  it('leaves nothing in the directory or beside it', async () => {
    const root = scratch()
    await using store = await FileStore.open(join(root, 'store'))
    expect(fs.readdirSync(root)).toEqual(['store'])
    expect(fs.readdirSync(store.dir)).toEqual([])
  })

  it('is not needed to read, and can be done without', async () => {
    const dir = join(scratch(), 'store')
    await using writer = await FileStore.open(dir)
    await using reader = await FileStore.open(dir, { readOnly: true })
    await using other = await FileStore.open(dir, { lock: false })
    await writer.store('a', bytes('1'))
    await other.store('b', bytes('2'))
    expect(await reader.loadMany(['a', 'b'])).toEqual([bytes('1'), bytes('2')])
  })
})
