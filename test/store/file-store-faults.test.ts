import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { FileSystem } from '../../src/store/file-io.ts'
import { FileStore } from '../../src/store/file-store.ts'
import { type Fault, failAt, faultyFileSystem, type Operation, systemError } from './faulty-file-system.ts'
import { bytes, keysOf, scratch } from './scratch.ts'
import { old, storeWith } from './store-with.ts'

describe.each(['power', 'process'] as const)('a write that fails, durability %s', durability => {
  const codes: readonly (readonly [string, string])[] = [
    ['ENOSPC', 'STORE_FULL'],
    ['EDQUOT', 'STORE_FULL'],
    ['EFBIG', 'STORE_FULL'],
    ['EACCES', 'NO_ACCESS'],
    ['EPERM', 'NO_ACCESS'],
    ['EROFS', 'READ_ONLY'],
    ['EIO', 'IO'],
  ]
  const operations: readonly Operation[] = ['open', 'write', 'fstat', 'close', 'rename']
  const cases = operations.flatMap(operation => codes.map(([code, wanted]) => [operation, code, wanted] as const))

  it.each(cases)('at %s by %s is %s, and the old value stays alone', async (operation, code, wanted) => {
    const { dir, store, disarm } = await storeWith(failAt(operation, code), durability)
    await expect(store.store('k', bytes('new'))).rejects.toMatchObject({
      name: 'CacheError',
      code: wanted,
      key: 'k',
      cause: { code },
    })
    disarm()
    expect(await store.load('k')).toEqual(old)
    expect(fs.readdirSync(dir)).toEqual(['6b'])
    await store.store('k', bytes('new'))
    expect(await store.load('k')).toEqual(bytes('new'))
    await store.close()
  })

  it('for good leaves the store readable, and works again afterwards', async () => {
    const { store, disarm } = await storeWith(failAt('write', 'ENOSPC', 1, true), durability)
    for (let i = 0; i < 3; i++) {
      await expect(store.store('k', bytes('new'))).rejects.toMatchObject({ code: 'STORE_FULL' })
      expect(await store.load('k')).toEqual(old)
      expect(await keysOf(store)).toEqual(['k'])
    }
    disarm()
    await store.store('k', bytes('new'))
    await store.close()
  })

  it('short writes are continued until every byte is there', async () => {
    const parts: number[] = []
    const short: Fault = (operation, args) => {
      if (operation !== 'write') return undefined
      const [fd, data, offset, length] = args as [number, Uint8Array, number, number]
      const size = Math.min(length, 1 + parts.length * 1000)
      parts.push(size)
      return fs.writeSync(fd, data, offset, size)
    }
    const { store } = await storeWith(short, durability)
    const value = new Uint8Array(100_000).map((_, i) => i * 7)
    await store.store('k', value)
    expect(parts.length).toBeGreaterThan(5)
    expect(await store.load('k')).toEqual(value)
    await store.close()
  })

  it.each([
    ['short for good', (): Fault => operation => (operation === 'write' ? 0 : undefined)],
    ['swallowed', (): Fault => (operation, args) => (operation === 'write' ? args[3] : undefined)],
  ])('a write that is %s never gets the name', async (_, fault) => {
    const { dir, store, disarm } = await storeWith(fault(), durability)
    await expect(store.store('k', bytes('new'))).rejects.toMatchObject({ code: 'IO' })
    disarm()
    expect(await store.load('k')).toEqual(old)
    expect(fs.readdirSync(dir)).toEqual(['6b'])
    await store.close()
  })

  it.each([
    ['open', 'EMFILE'],
    ['open', 'ENFILE'],
    ['open', 'EINTR'],
    ['write', 'EINTR'],
    ['write', 'EAGAIN'],
    ['read', 'EINTR'],
  ] as const)('%s that fails once by %s is tried again', async (operation, code) => {
    const { store } = await storeWith(failAt(operation, code), durability)
    await store.store('k', bytes('new'))
    expect(await store.load('k')).toEqual(bytes('new'))
    await store.close()
  })
})

describe('reading', () => {
  it.each([
    ['open', 'EIO', 'IO'],
    ['open', 'EACCES', 'NO_ACCESS'],
    ['fstat', 'EIO', 'IO'],
    ['read', 'EIO', 'IO'],
    ['close', 'EIO', 'IO'],
  ] as const)('that fails at %s by %s is %s, never a miss', async (operation, code, wanted) => {
    const { store } = await storeWith(failAt(operation, code))
    await expect(store.load('k')).rejects.toMatchObject({ code: wanted, key: 'k' })
    expect(await store.load('k')).toEqual(old)
    await store.close()
  })

  it('a listing that fails is an error, never an empty one', async () => {
    const { store } = await storeWith(failAt('readdir', 'EIO'))
    await expect(keysOf(store)).rejects.toMatchObject({ code: 'IO' })
    await store.close()
  })

  it('short reads are continued', async () => {
    const { store } = await storeWith((operation, args) => {
      if (operation !== 'read') return undefined
      const [fd, data, offset, , position] = args as [number, Uint8Array, number, number, number]
      return fs.readSync(fd, data, offset, 1, position)
    })
    expect(await store.load('k')).toEqual(old)
    await store.close()
  })

  it('keeps no descriptor, whatever fails', async () => {
    const opened = new Set<number>()
    const failing = { operation: 'fstat' as Operation, on: false }
    const { store } = await storeWith((operation, args) => {
      if (operation === 'open') {
        const fd = fs.openSync(args[0] as string, args[1] as number, args[2] as number)
        opened.add(fd)
        return fd
      }
      if (operation === 'close') opened.delete(args[0] as number)
      if (failing.on && operation === failing.operation) throw systemError('EIO')
      return undefined
    })
    for (const operation of ['fstat', 'read', 'write', 'fsync', 'rename'] as const) {
      Object.assign(failing, { operation, on: true })
      await Promise.allSettled([store.load('k'), store.store('k', bytes('new'))])
      expect(opened).toEqual(new Set())
    }
    failing.on = false
    await store.close()
  })
})

describe('on other platforms', () => {
  it('Windows: a rename refused while a scanner has the file is tried again', async () => {
    for (const code of ['EPERM', 'EACCES', 'EBUSY']) {
      let refused = 0
      const fault: Fault = operation => {
        if (operation === 'rename' && refused++ < 4) throw systemError(code)
      }
      const { store } = await storeWith(fault, 'power', { platform: 'win32' })
      await store.store('k', bytes('new'))
      expect(refused).toBe(5)
      expect(await store.load('k')).toEqual(bytes('new'))
      await store.close()
    }
  })

  it('elsewhere such a rename is an error at once', async () => {
    const { store } = await storeWith(failAt('rename', 'EPERM'), 'power', { platform: 'linux' })
    await expect(store.store('k', bytes('new'))).rejects.toMatchObject({ code: 'NO_ACCESS' })
    await store.close()
  })
})

describe('whose directory it is', () => {
  const open = (dir: string, fault: Fault, changes: Partial<FileSystem> = {}): Promise<FileStore> =>
    FileStore.open(dir, { io: faultyFileSystem(fault, changes) })

  it('a link that another user made is refused', async () => {
    const root = scratch()
    fs.mkdirSync(join(root, 'real'))
    fs.symlinkSync(join(root, 'real'), join(root, 'link'))
    const planted: Fault = (operation, args) => {
      if (operation !== 'lstat') return undefined
      return Object.assign(fs.lstatSync(args[0] as string), { uid: 4711 })
    }
    await expect(open(join(root, 'link'), planted, { uid: 1000 })).rejects.toMatchObject({ code: 'NO_ACCESS' })
  })

  it('an open directory of another user that cannot be made private is refused, one of ours is not', async () => {
    const dir = scratch()
    fs.chmodSync(dir, 0o770)
    const fault: Fault = (operation, args) => {
      if (operation === 'chmod') throw systemError('EPERM')
      if (operation !== 'stat') return undefined
      return Object.assign(fs.statSync(args[0] as string), { uid: 4711 })
    }
    await expect(open(dir, fault, { uid: 1000 })).rejects.toMatchObject({ code: 'NO_ACCESS' })
    await (await open(dir, fault, { uid: 4711 })).close()
  })

  it.each([
    ['EROFS', 'READ_ONLY'],
    ['EIO', 'IO'],
    ['EACCES', 'NO_ACCESS'],
  ])('making it private fails by %s as %s', async (code, wanted) => {
    const dir = scratch()
    fs.chmodSync(dir, 0o755)
    await expect(open(dir, failAt('chmod', code))).rejects.toMatchObject({ code: wanted, cause: { code } })
  })

  it.each([
    ['mkdir', 'EACCES', 'NO_ACCESS'],
    ['mkdir', 'EROFS', 'READ_ONLY'],
    ['mkdir', 'ENOSPC', 'STORE_FULL'],
    ['mkdir', 'EIO', 'IO'],
  ] as const)('creating it fails at %s by %s as %s', async (operation, code, wanted) => {
    await expect(open(join(scratch(), 'store'), failAt(operation, code))).rejects.toMatchObject({ code: wanted })
  })

  it.each([
    ['EACCES', 'NO_ACCESS'],
    ['EROFS', 'READ_ONLY'],
  ])('a directory that cannot be written (%s) is %s at open, and can be opened to read', async (code, wanted) => {
    const dir = scratch()
    const io = faultyFileSystem(failAt('access', code, 1, true))
    await expect(FileStore.open(dir, { io })).rejects.toMatchObject({ code: wanted })
    await (await FileStore.open(dir, { io, readOnly: true })).close()
  })

  it('reading only makes no call that changes anything', async () => {
    const dir = scratch()
    fs.writeFileSync(join(dir, '6b'), 'v')
    const calls = new Set<Operation>()
    const io = faultyFileSystem(operation => void calls.add(operation))
    const store = await FileStore.open(dir, { io, readOnly: true })
    expect(await store.load('k')).toEqual(bytes('v'))
    expect(await keysOf(store)).toEqual(['k'])
    await store.close()
    expect([...calls].sort()).toEqual(['close', 'fstat', 'open', 'read', 'readdir', 'stat'])
  })
})

describe('aborting', () => {
  it('before the rename leaves the old value, even if the caller changes the bytes at once', async () => {
    const controller = new AbortController()
    const value = bytes('new')
    const { dir, store, disarm } = await storeWith(operation => {
      if (operation === 'fsync') controller.abort('enough')
    })
    const write = store.store('k', value, { signal: controller.signal })
    await expect(write).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' })
    value.fill(0)
    disarm()
    await store.close()
    expect(fs.readdirSync(dir)).toEqual(['6b'])
    expect(fs.readFileSync(join(dir, '6b'), 'utf8')).toBe('old')
  })

  it('does not wait for a disk that hangs', async () => {
    const controller = new AbortController()
    let release = (): void => {}
    const hang = new Promise<void>(resolve => {
      release = resolve
    })
    const { store } = await storeWith(operation => {
      if (operation !== 'read') return undefined
      controller.abort()
      return hang.then(() => 0)
    })
    await expect(store.load('k', { signal: controller.signal })).rejects.toMatchObject({ code: 'ABORTED' })
    release()
    await store.close()
  })

  it('of a call that waits its turn means that it never begins', async () => {
    const controller = new AbortController()
    const { store } = await storeWith(() => {})
    const first = store.store('k', bytes('1'))
    const second = store.store('k', bytes('2'), { signal: controller.signal })
    controller.abort()
    await expect(second).rejects.toMatchObject({ code: 'ABORTED' })
    await first
    expect(await store.load('k')).toEqual(bytes('1'))
    await store.close()
  })
})

it('no more files are open at once than allowed', async () => {
  let open = 0
  let most = 0
  const io = faultyFileSystem(operation => {
    if (operation === 'open') most = Math.max(most, ++open)
    if (operation === 'close') open--
  })
  const store = await FileStore.open(join(scratch(), 'store'), { io, maxOpenFiles: 3, durability: 'process' })
  const keys = Array.from({ length: 40 }, (_, i) => `${i}`)
  await Promise.all(keys.map(key => store.store(key, new Uint8Array(100_000))))
  await store.loadMany(keys)
  expect(most).toBe(3)
  await store.close()
})
