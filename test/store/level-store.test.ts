import fs from 'node:fs'
import { join } from 'node:path'
import type { AbstractLevel } from 'abstract-level'
import { ClassicLevel } from 'classic-level'
import type { Level } from 'level'
import { MemoryLevel } from 'memory-level'
import { describe, expect, it } from 'vitest'
import { type LevelDatabase, LevelStore, type LevelStoreOpenOptions } from '../../src/store/level-store.ts'
import { messageOfWorker } from './child.ts'
import { bytes, keysOf, scratch } from './scratch.ts'

const posix = process.platform !== 'win32'
const fresh = (): string => join(scratch(), 'db')

// Checked by the compiler: databases of every kind and encoding can be passed in.
const accepted = {
  abstract: (db: AbstractLevel<string | Buffer | Uint8Array>): LevelDatabase => db,
  classic: (db: ClassicLevel<Buffer, { a: number }>): LevelDatabase => db,
  memory: (db: MemoryLevel): LevelDatabase => db,
  sublevel: (db: ReturnType<ClassicLevel['sublevel']>): LevelDatabase => db,
  universal: (db: Level<string, unknown>): LevelDatabase => db,
}

describe('LevelStore.open', () => {
  it('keeps what was stored, in a directory that is private', async () => {
    const dir = fresh()
    const store = await LevelStore.open(dir)
    await store.batch([
      { type: 'store', key: 'a', value: bytes('1') },
      { type: 'store', key: 'b', value: bytes('') },
      { type: 'remove', key: 'a' },
    ])
    await store.close()
    if (posix) expect((fs.statSync(dir).mode & 0o777).toString(8)).toBe('700')
    await using again = await LevelStore.open(dir)
    expect(again.durability).toBe('power')
    expect(await keysOf(again)).toEqual(['b'])
    expect(await again.load('b')).toEqual(new Uint8Array(0))
  })

  it.runIf(posix)('tightens a directory that others can enter', async () => {
    const dir = fresh()
    fs.mkdirSync(dir)
    fs.chmodSync(dir, 0o755)
    await (await LevelStore.open(dir)).close()
    expect((fs.statSync(dir).mode & 0o777).toString(8)).toBe('700')
  })

  it.runIf(posix)('leaves a directory alone that is shared on purpose', async () => {
    const dir = fresh()
    fs.mkdirSync(dir)
    fs.chmodSync(dir, 0o1777)
    await expect(LevelStore.open(dir)).rejects.toMatchObject({ code: 'NO_ACCESS' })
    expect([fs.statSync(dir).mode & 0o7777, fs.readdirSync(dir)]).toEqual([0o1777, []])
  })

  it.runIf(posix)('knows a directory by any path', async () => {
    const dir = fresh()
    await using store = await LevelStore.open(dir)
    fs.symlinkSync(dir, `${dir}-link`)
    await expect(LevelStore.open(`${dir}-link`)).rejects.toMatchObject({ code: 'LOCKED' })
    await store.store('k', bytes('v'))
  })

  it('a worker thread is refused as well, and does not drop the lock', async () => {
    const dir = fresh()
    await using store = await LevelStore.open(dir)
    await store.store('k', bytes('v'))
    const answer = await messageOfWorker(`
      import { parentPort } from 'node:worker_threads'
      import { LevelStore } from './src/store/level-store.js'
      parentPort.postMessage(await LevelStore.open(${JSON.stringify(dir)}).then(() => 'opened', error => error.code))
    `)
    expect(answer).toBe('LOCKED')
  })

  it('a directory of another LevelDB user is LOCKED', async () => {
    const dir = fresh()
    const other = new ClassicLevel(dir)
    await other.open()
    await expect(LevelStore.open(dir)).rejects.toMatchObject({ code: 'LOCKED' })
    await other.close()
    await (await LevelStore.open(dir)).close()
  })

  it('CURRENT missing beside data is CORRUPT, and nothing is deleted', async () => {
    const dir = fresh()
    const store = await LevelStore.open(dir)
    await store.store('k', bytes('v'))
    await store.close()
    const current = fs.readFileSync(join(dir, 'CURRENT'))
    fs.rmSync(join(dir, 'CURRENT'))
    const before = fs.readdirSync(dir).sort()
    await expect(LevelStore.open(dir)).rejects.toMatchObject({ name: 'CacheError', code: 'CORRUPT' })
    expect(fs.readdirSync(dir).sort()).toEqual(before)
    fs.writeFileSync(join(dir, 'CURRENT'), current)
    await using again = await LevelStore.open(dir)
    expect(await again.load('k')).toEqual(bytes('v'))
  })

  it('a first open that was cut short is no obstacle', async () => {
    const dir = fresh()
    fs.mkdirSync(dir)
    fs.writeFileSync(join(dir, 'MANIFEST-000001'), '')
    await (await LevelStore.open(dir)).close()
  })

  it('a damaged MANIFEST is CORRUPT, and the lock is free again', async () => {
    const dir = fresh()
    const store = await LevelStore.open(dir)
    await store.store('k', bytes('v'))
    await store.close()
    fs.writeFileSync(join(dir, 'CURRENT'), 'rubbish')
    for (let i = 0; i < 2; i++) await expect(LevelStore.open(dir)).rejects.toMatchObject({ code: 'CORRUPT' })
  })

  it('a file in place of the directory is NOT_A_DIRECTORY', async () => {
    const file = join(scratch(), 'file')
    fs.writeFileSync(file, 'x')
    await expect(LevelStore.open(file)).rejects.toMatchObject({ code: 'NOT_A_DIRECTORY' })
    await expect(LevelStore.open(join(file, 'below'))).rejects.toMatchObject({ code: 'NOT_A_DIRECTORY' })
    expect(fs.readFileSync(file, 'utf8')).toBe('x')
  })

  it.each([
    [{ durability: 'none' }, TypeError],
    [{ sync: true }, TypeError],
  ])('refuses the options %j', async (options, kind) => {
    await expect(LevelStore.open(fresh(), options as LevelStoreOpenOptions)).rejects.toThrow(kind)
  })

  it('refuses what is no location', async () => {
    await expect(LevelStore.open('')).rejects.toThrow(RangeError)
    await expect(Reflect.apply(LevelStore.open, LevelStore, [1])).rejects.toThrow(TypeError)
  })

  it('an aborted signal leaves nothing open', async () => {
    const dir = fresh()
    const controller = new AbortController()
    const open = LevelStore.open(dir, {
      signal: controller.signal,
      database: location => {
        controller.abort()
        return new ClassicLevel(location)
      },
    })
    await expect(open).rejects.toMatchObject({ code: 'ABORTED' })
    await (await LevelStore.open(dir)).close()
  })
})

describe('a database passed in', () => {
  it('stays open when the store is closed', async () => {
    const database = new MemoryLevel<string, string>()
    const store = new LevelStore(database)
    await store.store('k', bytes('v'))
    await store.close()
    await expect(store.load('k')).rejects.toMatchObject({ code: 'CLOSED' })
    expect(await database.get('k')).toBe('v')
    await database.close()
  })

  it('may have other default encodings', async () => {
    const dir = fresh()
    const database = new ClassicLevel<Buffer, unknown>(dir, { keyEncoding: 'buffer', valueEncoding: 'json' })
    const store = new LevelStore(database)
    await store.store('é', bytes('not json'))
    expect(await keysOf(store)).toEqual(['é'])
    expect(await store.loadMany(['é', 'x'])).toEqual([bytes('not json'), undefined])
    await store.close()
    await database.close()
  })

  it('that is closed by its owner makes calls CLOSED', async () => {
    const database = new MemoryLevel()
    const store = new LevelStore(database)
    await store.store('k', bytes('v'))
    await database.close()
    await expect(store.load('k')).rejects.toMatchObject({ name: 'CacheError', code: 'CLOSED', key: 'k' })
    await expect(store.store('k', bytes('v'))).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(keysOf(store)).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('shares no bytes with the caller', async () => {
    const store = new LevelStore(new MemoryLevel())
    const value = bytes('value')
    await store.store('k', value)
    value.fill(0)
    const first = await store.load('k')
    expect(first).toEqual(bytes('value'))
    first?.fill(0)
    expect(await store.loadMany(['k'])).toEqual([bytes('value')])
  })

  it('may hold keys that are none: they are not listed', async () => {
    const database = new MemoryLevel<string, string>()
    await database.put('', 'x')
    await database.put('k'.repeat(1025), 'x')
    await database.put('k', 'x')
    expect(await keysOf(new LevelStore(database))).toEqual(['k'])
  })

  it('may be of any kind', () => {
    const db = new MemoryLevel()
    expect(accepted.memory(db)).toBe(db)
  })

  it('must be one', () => {
    expect(() => Reflect.construct(LevelStore, [{}])).toThrow(TypeError)
    expect(() => Reflect.construct(LevelStore, [undefined])).toThrow(TypeError)
    expect(() => Reflect.construct(LevelStore, [new MemoryLevel(), { durability: 'all' }])).toThrow(TypeError)
  })

  it.each([
    ['absent, as versions before 2 say it', 'LEVEL_NOT_FOUND', 'Key not found', undefined],
    ['corrupt', 'LEVEL_CORRUPTION', 'Corruption: block checksum mismatch', 'CORRUPT'],
    ['a failed disk', 'LEVEL_IO_ERROR', 'IO error: 000005.ldb: Input/output error', 'IO'],
    ['a full disk', 'LEVEL_IO_ERROR', 'IO error: 000005.log: No space left on device', 'STORE_FULL'],
    ['a denied file', 'LEVEL_IO_ERROR', 'IO error: 000005.ldb: Permission denied', 'NO_ACCESS'],
    ['a read-only disk', 'LEVEL_IO_ERROR', 'IO error: LOCK: Read-only file system', 'READ_ONLY'],
  ])('an answer that is %s', async (_, code, message, wanted) => {
    const failing = new MemoryLevel()
    failing.get = () => Promise.reject(Object.assign(new Error(message), { code }))
    const result = new LevelStore(failing).load('k')
    if (wanted === undefined) expect(await result).toBeUndefined()
    else await expect(result).rejects.toMatchObject({ name: 'CacheError', code: wanted, key: 'k', cause: { code } })
  })

  it('the quota of IndexedDB is STORE_FULL', async () => {
    const failing = new MemoryLevel()
    failing.put = () => Promise.reject(new DOMException('The quota has been exceeded.', 'QuotaExceededError'))
    await expect(new LevelStore(failing).store('k', bytes('v'))).rejects.toMatchObject({ code: 'STORE_FULL' })
  })
})

describe('a listing', () => {
  it('of many keys comes in steps, in order, with the right end', async () => {
    await using store = await LevelStore.open(fresh(), { durability: 'process' })
    const keys = Array.from({ length: 2500 }, (_, i) => `k/${String(i).padStart(4, '0')}`)
    const around = ['j', 'k', 'k.', 'k0', 'l', '\u{10ffff}']
    await store.batch([...keys, ...around].map(key => ({ type: 'store', key, value: bytes('') })))
    expect(await keysOf(store, 'k/')).toEqual(keys)
    expect(await keysOf(store, '\u{10ffff}')).toEqual(['\u{10ffff}'])
  })

  it('that is going on when the store is closed ends with CLOSED', async () => {
    const store = await LevelStore.open(fresh(), { durability: 'process' })
    for (let i = 0; i < 3; i++) await store.store(`k${i}`, bytes(''))
    const listing = store.list('')
    await listing.next()
    await store.close()
    await expect(
      (async () => {
        for await (const _ of listing);
      })(),
    ).rejects.toMatchObject({ code: 'CLOSED' })
  })
})

describe('a handle that LevelDB has given up on', () => {
  const ioError = (text: string): Error => Object.assign(new Error(`IO error: ${text}`), { code: 'LEVEL_IO_ERROR' })

  /** An owned database whose next `failures` writes fail; a real one fails for good until it is reopened. */
  async function wedged(text = 'Input/output error') {
    const state = { failures: 0, opens: 0, refuseOpen: false }
    const dir = fresh()
    const store = await LevelStore.open(dir, {
      database: location => {
        const database = new ClassicLevel(location)
        const { put, open } = database
        let broken = false
        const faulty: Partial<ClassicLevel> = {
          put: async (...args: unknown[]) => {
            if (state.failures > 0) {
              state.failures--
              broken = true
            }
            if (broken) throw ioError(text)
            return await Reflect.apply(put, database, args)
          },
          open: async (...args: unknown[]) => {
            state.opens++
            if (state.refuseOpen) throw ioError('cannot open')
            broken = false
            await Reflect.apply(open, database, args)
          },
        }
        return Object.assign(database, faulty)
      },
    })
    await store.store('k', bytes('old'))
    state.opens = 0
    return { store, state, dir }
  }

  it('is reopened once, and the write done again', async () => {
    const { store, state } = await wedged()
    state.failures = 1
    await store.store('k', bytes('new'))
    expect(state.opens).toBe(1)
    expect(await store.load('k')).toEqual(bytes('new'))
    await store.close()
  })

  it('that fails again gives a typed error, and works later without a restart', async () => {
    const { store, state } = await wedged()
    state.failures = 2
    await expect(store.store('k', bytes('new'))).rejects.toMatchObject({ name: 'CacheError', code: 'IO', key: 'k' })
    expect(state.opens).toBe(1)
    expect(await store.load('k')).toEqual(bytes('old'))
    await store.store('k', bytes('newer'))
    expect(await store.load('k')).toEqual(bytes('newer'))
    await store.close()
  })

  it('that cannot be opened again says so, and is tried again by the next call', async () => {
    const { store, state } = await wedged()
    state.failures = 1
    state.refuseOpen = true
    await expect(store.store('k', bytes('new'))).rejects.toMatchObject({ code: 'IO' })
    await expect(store.load('k')).rejects.toMatchObject({ code: 'IO' })
    state.refuseOpen = false
    expect(await store.load('k')).toEqual(bytes('old'))
    await store.store('k', bytes('new'))
    await store.close()
  })

  it('serves calls that come while it is reopened', async () => {
    const { store, state } = await wedged()
    state.failures = 1
    const writes = Array.from({ length: 20 }, (_, i) => store.store(`k${i}`, bytes(String(i))))
    const reads = Array.from({ length: 20 }, () => store.load('k'))
    await Promise.all(writes)
    expect(new Set((await Promise.all(reads)).map(String))).toEqual(new Set([String(bytes('old'))]))
    expect((await keysOf(store)).length).toBe(21)
    await store.close()
  })

  it('keeps its lock meanwhile', async () => {
    const { store, state, dir } = await wedged()
    state.failures = 1
    const write = store.store('k', bytes('new'))
    await expect(LevelStore.open(dir)).rejects.toMatchObject({ code: 'LOCKED' })
    await write
    await store.close()
  })

  it('is left alone where it was passed in', async () => {
    const failing = new MemoryLevel()
    let closes = 0
    failing.put = () => Promise.reject(ioError('x'))
    failing.close = async () => void closes++
    await expect(new LevelStore(failing).store('k', bytes('v'))).rejects.toMatchObject({ code: 'IO' })
    expect(closes).toBe(0)
  })
})
