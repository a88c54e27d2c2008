import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tempName } from '../../src/bytes/file-name.ts'
import { CacheError } from '../../src/errors.ts'
import { FileStore, type FileStoreOptions } from '../../src/store/file-store.ts'
import { keyFile } from '../../src/store/key-file.ts'
import { bytes, keysOf, scratch } from './scratch.ts'

const posix = process.platform !== 'win32'
const fresh = (): string => join(scratch(), 'store')
const mode = (path: string): string => (fs.statSync(path).mode & 0o777).toString(8)

describe('FileStore on disk', () => {
  it('has one file per key, named as Go names it, with the value and nothing else in it', async () => {
    const dir = fresh()
    await using store = await FileStore.open(dir)
    await store.store('self', bytes('{}'))
    await store.store('a/é', bytes(''))
    expect(fs.readdirSync(dir).sort()).toEqual(['612fc3a9', '73656c66'])
    expect(fs.readFileSync(join(dir, '73656c66'), 'utf8')).toBe('{}')
  })

  it('reads what Go wrote', async () => {
    const dir = fresh()
    fs.mkdirSync(dir)
    fs.writeFileSync(join(dir, '6d736963'), 'x')
    await using store = await FileStore.open(dir, { readOnly: true })
    expect(await keysOf(store)).toEqual(['msic'])
    expect(await store.load('msic')).toEqual(bytes('x'))
  })

  it('keeps long keys in flat files, in order among the short ones', async () => {
    const dir = fresh()
    await using store = await FileStore.open(dir, { durability: 'process' })
    const keys = ['a'.repeat(1024), 'b', `b${'b'.repeat(500)}`, `b${'b'.repeat(500)}c`, 'c', '\u{1f600}'.repeat(256)]
    for (const key of keys) await store.store(key, bytes(key))
    expect(await keysOf(store)).toEqual(keys)
    expect(await keysOf(store, 'b'.repeat(40))).toEqual(keys.slice(2, 4))
    expect(await keysOf(store, 'b'.repeat(5))).toEqual(keys.slice(2, 4))
    expect(await keysOf(store, `${'b'.repeat(40)}x`)).toEqual([])
    for (const key of keys) expect(await store.load(key)).toEqual(bytes(key))
    for (const name of fs.readdirSync(dir)) expect(name).toMatch(/^[0-9a-f]{2,200}$/)
    await store.remove(keys[0]!)
    expect(await keysOf(store)).toEqual(keys.slice(1))
  })

  it('does not take a file for a long key whose header tells of another', async () => {
    const dir = fresh()
    await using store = await FileStore.open(dir)
    const [one, other] = ['k'.repeat(300), 'k'.repeat(301)]
    await store.store(one, bytes('1'))
    fs.copyFileSync(join(dir, keyFile(one).name), join(dir, keyFile(other).name))
    expect(await keysOf(store)).toEqual([one])
    expect(await store.load(other)).toBeUndefined()
    fs.truncateSync(join(dir, keyFile(one).name), 1)
    expect(await keysOf(store)).toEqual([])
    expect(await store.load(one)).toBeUndefined()
  })

  it.runIf(posix)('keeps everything to its owner, whatever the umask', async () => {
    const root = scratch()
    const dir = join(root, 'a', 'b', 'store')
    for (const umask of [0o000, 0o077, 0o777]) {
      const old = process.umask(umask)
      try {
        const store = await FileStore.open(join(dir, String(umask)))
        await store.store('k', bytes('v'))
        await store.store('k'.repeat(200), bytes('v'))
        await store.close()
      } finally {
        process.umask(old)
      }
      for (const name of fs.readdirSync(join(dir, String(umask)))) {
        expect(mode(join(dir, String(umask), name))).toBe('600')
      }
      expect(mode(join(dir, String(umask)))).toBe('700')
    }
    expect(mode(dir)).toBe('700')
    expect(mode(join(root, 'a'))).toBe('700')
  })

  it.runIf(posix)('tightens a directory that others can enter, unless it only reads', async () => {
    const dir = fresh()
    fs.mkdirSync(dir)
    fs.chmodSync(dir, 0o755)
    await (await FileStore.open(dir, { readOnly: true })).close()
    expect(mode(dir)).toBe('755')
    await (await FileStore.open(dir)).close()
    expect(mode(dir)).toBe('700')
  })

  it.runIf(posix)('takes no rights from its owner or gives them, and keeps the other bits', async () => {
    const dir = fresh()
    fs.mkdirSync(dir)
    for (const [before, after] of [
      [0o500, 0o500],
      [0o2750, 0o2700],
    ] as const) {
      fs.chmodSync(dir, before)
      // Without rights it may well be refused.
      await FileStore.open(dir).then(
        store => store.close(),
        () => undefined,
      )
      expect(fs.statSync(dir).mode & 0o7777).toBe(after)
    }
  })

  it.runIf(posix)('is no directory that is shared on purpose', async () => {
    const dir = fresh()
    fs.mkdirSync(dir)
    fs.chmodSync(dir, 0o1777)
    await expect(FileStore.open(dir)).rejects.toMatchObject({ code: 'NO_ACCESS' })
    expect([fs.statSync(dir).mode & 0o7777, fs.readdirSync(dir)]).toEqual([0o1777, []])
  })
})

describe.runIf(posix)('foreign things in the directory', () => {
  it('are not listed, not loaded, not followed, not removed', async () => {
    const root = scratch()
    const dir = join(root, 'store')
    fs.mkdirSync(join(dir, '646972'), { recursive: true })
    fs.writeFileSync(join(dir, '646972', '61'), 'inside')
    fs.writeFileSync(join(root, 'secret'), 'secret')
    fs.symlinkSync(join(root, 'secret'), join(dir, '6c696e6b'))
    execFileSync('mkfifo', [join(dir, '6669666f')])
    const names = ['.DS_Store', '6B', 'zz', '6b6', 'ff', `${'61'.repeat(101)}`, 'ff74', '6b.tmp', 'README']
    for (const name of names) fs.writeFileSync(join(dir, name), 'foreign')
    const before = fs.readdirSync(dir).sort()
    await using store = await FileStore.open(dir)
    expect(await keysOf(store)).toEqual([])
    for (const key of ['dir', 'link', 'fifo', 'k', 'a'.repeat(101)]) {
      expect(await store.load(key)).toBeUndefined()
      await store.remove(key)
    }
    expect(fs.readdirSync(dir).sort()).toEqual(before)
    expect(await store.loadMany(['link', 'fifo', 'dir'])).toEqual([undefined, undefined, undefined])
  })

  it('a key stored where a link stands replaces the link, not what it points to', async () => {
    const root = scratch()
    const dir = join(root, 'store')
    await using store = await FileStore.open(dir)
    fs.writeFileSync(join(root, 'target'), 'target')
    fs.symlinkSync(join(root, 'target'), join(dir, '6b'))
    await store.store('k', bytes('new'))
    expect(fs.readFileSync(join(root, 'target'), 'utf8')).toBe('target')
    expect(await store.load('k')).toEqual(bytes('new'))
  })

  it('a directory where a file should go is an error, and stays', async () => {
    const dir = fresh()
    await using store = await FileStore.open(dir)
    fs.mkdirSync(join(dir, '6b'))
    await expect(store.store('k', bytes('v'))).rejects.toMatchObject({ name: 'CacheError', code: 'IO', key: 'k' })
    expect(fs.readdirSync(dir)).toEqual(['6b'])
  })
})

describe('opening', () => {
  it('removes temporary files of dead writers, and only those', async () => {
    const dir = fresh()
    fs.mkdirSync(dir)
    const dead = tempName(1, 1n, 1)
    for (const name of [dead, 'ff74', `${dead}00`, dead.toUpperCase()]) fs.writeFileSync(join(dir, name), 'x')
    await (await FileStore.open(dir, { readOnly: true })).close()
    expect(fs.readdirSync(dir)).toContain(dead)
    await (await FileStore.open(dir)).close()
    expect(fs.readdirSync(dir).sort()).toEqual([dead.toUpperCase(), 'ff74', `${dead}00`].sort())
  })

  it('without the lock spares those that a live writer may need', async () => {
    const dir = fresh()
    fs.mkdirSync(dir)
    const [young, old] = [tempName(1, 1n, 1), tempName(2, 2n, 2)]
    for (const name of [young, old]) fs.writeFileSync(join(dir, name), 'x')
    fs.utimesSync(join(dir, old), 0, Date.now() / 1000 - 3600)
    await (await FileStore.open(dir, { lock: false })).close()
    expect(fs.readdirSync(dir)).toEqual([young])
  })

  it('a file, or a path through one, is NOT_A_DIRECTORY', async () => {
    const file = join(scratch(), 'file')
    fs.writeFileSync(file, 'x')
    for (const dir of [file, join(file, 'below')]) {
      await expect(FileStore.open(dir)).rejects.toMatchObject({ code: 'NOT_A_DIRECTORY' })
      await expect(FileStore.open(dir, { readOnly: true })).rejects.toMatchObject({ code: 'NOT_A_DIRECTORY' })
    }
    expect(fs.readFileSync(file, 'utf8')).toBe('x')
  })

  it.runIf(posix)('goes through a link of our own, and both paths are one store', async () => {
    const root = scratch()
    fs.mkdirSync(join(root, 'real'))
    fs.symlinkSync(join(root, 'real'), join(root, 'link'))
    await using store = await FileStore.open(join(root, 'link'))
    await store.store('k', bytes('v'))
    expect(fs.readdirSync(join(root, 'real'))).toEqual(['6b'])
    await expect(FileStore.open(join(root, 'real'))).rejects.toMatchObject({ code: 'LOCKED' })
  })

  it('read-only on a directory that is not there is an empty store, and creates nothing', async () => {
    const dir = fresh()
    await using store = await FileStore.open(dir, { readOnly: true })
    expect(await keysOf(store)).toEqual([])
    expect(await store.load('k')).toBeUndefined()
    await expect(store.store('k', bytes('v'))).rejects.toMatchObject({ code: 'READ_ONLY', key: 'k' })
    await expect(store.remove('k')).rejects.toMatchObject({ code: 'READ_ONLY' })
    expect(fs.existsSync(dir)).toBe(false)
  })

  it.each([
    [{ durability: 'full' }, TypeError],
    [{ lock: 1 }, TypeError],
    [{ readOnly: 'yes' }, TypeError],
    [{ maxOpenFiles: '8' }, TypeError],
    [{ maxOpenFiles: 0 }, RangeError],
    [{ maxOpenFiles: 1.5 }, RangeError],
    [{ readonly: true }, TypeError],
  ])('refuses the options %j', async (options, kind) => {
    const dir = fresh()
    await expect(FileStore.open(dir, options as FileStoreOptions)).rejects.toThrow(kind)
    expect(fs.existsSync(dir)).toBe(false)
  })

  it('refuses what is no path', async () => {
    await expect(Reflect.apply(FileStore.open, FileStore, [7])).rejects.toThrow(TypeError)
    await expect(FileStore.open('')).rejects.toThrow(RangeError)
    await expect(FileStore.open('a\0b')).rejects.toThrow(RangeError)
  })

  it('an aborted signal leaves no lock behind', async () => {
    const dir = fresh()
    await expect(FileStore.open(dir, { signal: AbortSignal.abort('why') })).rejects.toMatchObject({
      code: 'ABORTED',
      cause: 'why',
    })
    await (await FileStore.open(dir)).close()
  })

  it('is the only way to a store', () => {
    expect(() => Reflect.construct(FileStore, [{}])).toThrow(TypeError)
  })
})

describe('life', () => {
  it('a removed directory is empty to readers and comes back, private, with the next write', async () => {
    const dir = fresh()
    await using store = await FileStore.open(dir)
    await store.store('k', bytes('v'))
    fs.rmSync(dir, { recursive: true })
    expect(await store.load('k')).toBeUndefined()
    expect(await keysOf(store)).toEqual([])
    await store.remove('k')
    await Promise.all(['a', 'b', 'c'].map(key => store.store(key, bytes(key))))
    expect(await keysOf(store)).toEqual(['a', 'b', 'c'])
    if (posix) expect(mode(dir)).toBe('700')
    await expect(FileStore.open(dir)).rejects.toMatchObject({ code: 'LOCKED' })
  })

  it('close() waits for the writes under way', async () => {
    const dir = fresh()
    const store = await FileStore.open(dir)
    const writes = ['a', 'b', 'a'].map(key => store.store(key, bytes(key)))
    let written = 0
    for (const write of writes) void write.then(() => written++)
    await store.close()
    expect(written).toBe(3)
    await expect(store.load('a')).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('writes of one key take effect in the order of the calls', async () => {
    await using store = await FileStore.open(fresh(), { durability: 'process' })
    const big = new Uint8Array(300_000).fill(1)
    const calls = [
      store.store('k', big),
      store.store('k', bytes('2')),
      store.load('k'),
      store.remove('k'),
      store.load('k'),
    ]
    const [, , before, , after] = await Promise.all(calls)
    expect(before).toEqual(bytes('2'))
    expect(after).toBeUndefined()
  })

  it('errors of the medium are CacheErrors with code, cause and key', async () => {
    const dir = fresh()
    await using store = await FileStore.open(dir)
    fs.rmSync(dir, { recursive: true })
    fs.writeFileSync(dir, 'a file')
    const error = await store.load('k').catch((e: unknown) => e)
    expect(error).toBeInstanceOf(CacheError)
    expect(error).toMatchObject({ code: 'NOT_A_DIRECTORY', key: 'k', cause: { code: 'ENOTDIR' } })
  })
})
