import fs from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { DiskBlobStore, type DiskBlobStoreOptions } from '../../../src/blob/disk/disk-blob-store.ts'
import { UsageTable } from '../../../src/blob/disk/usage-table.ts'
import { blobKeys } from '../../../src/contract/blob-samples.ts'
import { realFileSystem } from '../../../src/store/file-io.ts'
import { faultyFileSystem, systemError } from '../../store/faulty-file-system.ts'
import { scratch } from '../../store/scratch.ts'
import { litterIn } from './disk-handle.ts'

const body = new Uint8Array(100)
const layouts = ['native', 'diskblob'] as const

/** Stores of one directory with a clock that goes on by a minute with every look. */
function maker(given: DiskBlobStoreOptions): {
  dir: string
  open(more?: DiskBlobStoreOptions): Promise<DiskBlobStore>
} {
  const dir = join(scratch(), 'blobs')
  let nowMs = 1_800_000_000_000
  const clock = (): number => {
    nowMs += 60_000
    return nowMs
  }
  const open = (more: DiskBlobStoreOptions = {}): Promise<DiskBlobStore> =>
    DiskBlobStore.open(dir, { durability: 'process', clock, ...given, ...more })
  return { dir, open }
}

async function putAll(store: DiskBlobStore, keys: string, expiresAt?: Date): Promise<void> {
  for (const key of keys) await store.put('n', key, body, { expiresAt })
}

const left = async (store: DiskBlobStore): Promise<string> => (await blobKeys(store, 'n')).join('')

it.each(layouts)('B28 what was not used for the longest time goes, layout %s', async layout => {
  const { open, dir } = maker({ layout, maxBytes: 400 })
  await using store = await open()
  await putAll(store, 'abcd')
  await store.get('n', 'a')
  await (await store.open('n', 'b'))?.stream.cancel()
  await putAll(store, 'ef')
  expect(await left(store)).toBe('abef')
  expect(await store.describe()).toMatchObject({ bytes: 400, count: 4 })
  await store.put('n', 'big', new Uint8Array(350))
  expect(await left(store)).toBe('big')
  await expect(store.put('n', 'x', new Uint8Array(401))).rejects.toMatchObject({ code: 'VALUE_TOO_LARGE' })
  expect([await left(store), litterIn(dir)]).toEqual(['big', []])
})

it('a smaller blob that never got its name counts as the larger one that is still there', async () => {
  const { open } = maker({ maxBytes: 1000 })
  await using store = await open()
  await store.put('n', 'k', new Uint8Array(300))
  // As of a process that was killed before the rename.
  let reached = (): void => undefined
  const there = new Promise<void>(resolve => {
    reached = resolve
  })
  const never = new Promise<never>(() => undefined)
  const io = faultyFileSystem(operation => {
    if (operation !== 'rename') return undefined
    reached()
    return never
  })
  const killed = await open({ io })
  killed.put('n', 'k', new Uint8Array(10)).catch(() => undefined)
  await there
  expect(await store.describe()).toMatchObject({ bytes: 300, count: 1 })
  await using other = await open()
  expect(await other.describe()).toMatchObject({ bytes: 300, count: 1 })
})

it('a smaller blob in place of a larger one counts as what it is', async () => {
  const { open } = maker({ maxBytes: 1000 })
  await using store = await open()
  await store.put('n', 'k', new Uint8Array(900))
  await store.put('n', 'k', new Uint8Array(10))
  await store.put('n', 'other', new Uint8Array(900))
  expect(await store.describe()).toMatchObject({ bytes: 910, count: 2 })
  await using other = await open()
  expect(await other.describe()).toMatchObject({ bytes: 910, count: 2 })
})

it('a number of blobs', async () => {
  await using store = await maker({ maxCount: 3 }).open()
  await putAll(store, 'abcde')
  await putAll(store, 'cc')
  expect(await left(store)).toBe('cde')
})

it('what has expired goes first, unless it is in its time of grace', async () => {
  const { open } = maker({ maxCount: 3 })
  await using store = await open()
  await putAll(store, 'ab')
  await putAll(store, 'x', new Date(1_800_000_000_000))
  await store.get('n', 'x')
  await putAll(store, 'c')
  expect(await left(store)).toBe('abc')
  await using gracious = await open({ graceMs: 10 ** 12 })
  await putAll(gracious, 'x', new Date(1_800_000_000_000))
  await putAll(gracious, 'd')
  expect(await left(gracious)).toBe('cdx')
})

it('the order of use survives a restart, and stores at the same time know of each other', async () => {
  const { open } = maker({ maxCount: 4 })
  const first = await open()
  await putAll(first, 'abcd')
  await first.get('n', 'a')
  await first.close()
  await using second = await open()
  await using third = await open()
  await putAll(second, 'e')
  await putAll(third, 'f')
  expect(await left(third)).toBe('adef')
  await third.delete('n', 'd')
  await putAll(second, 'g')
  expect(await left(second)).toBe('aefg')
  expect(await second.describe()).toMatchObject({ count: 4 })
})

const damages: Record<string, (index: string) => void> = {
  lost: index => fs.rmSync(index),
  empty: index => fs.truncateSync(index),
  'cut off': index => fs.truncateSync(index, fs.statSync(index).size - 5),
  'of another start of the machine': index =>
    fs.writeFileSync(index, fs.readFileSync(index, 'utf8').replace(/1 \S+\n/, '1 other\n')),
  'with a line of something else': index => fs.appendFileSync(index, 'what?\n'),
  'not complete, as a writer that died leaves it': index =>
    fs.writeFileSync(index, fs.readFileSync(index, 'utf8').replace('!\n', '')),
}
it.each(Object.entries(damages).flatMap(([name, damage]) => layouts.map(layout => [name, layout, damage] as const)))(
  'an index that is %s is built anew by scanning, layout %s',
  async (_, layout, damage) => {
    const { open, dir } = maker({ layout, maxCount: 4 })
    const store = await open()
    await putAll(store, 'abcd')
    await store.close()
    damage(layout === 'native' ? join(dir, 'index') : join(dir, '.coldsnap', 'index'))
    await using again = await open()
    await putAll(again, 'ef')
    expect(await left(again)).toBe('cdef')
    expect(await again.describe()).toMatchObject({ bytes: 400, count: 4 })
  },
)

it('what is appended to an old index at the last moment does not undo what is in the new one already', async () => {
  const { open, dir } = maker({ maxCount: 10 })
  await using store = await open()
  await putAll(store, 'ab')
  const index = join(dir, 'index')
  fs.writeFileSync(index, fs.readFileSync(index, 'utf8').replace('!\n', ''))
  // Another process puts and removes x before the new index has the name and after, and the same with y the other way round.
  const entry = (key: string): string => `${Buffer.from('n').toString('hex')}/${Buffer.from(key).toString('hex')}`
  let renames = 0
  const io = faultyFileSystem((operation, [from, to]) => {
    if (operation !== 'rename' || to !== index) return undefined
    fs.appendFileSync(index, `+ ${entry('x')} 7 1 -\n+ ${entry('z')} 5 1 -\n- ${entry('y')}\n`)
    fs.renameSync(String(from), index)
    fs.appendFileSync(index, `- ${entry('x')}\n+ ${entry('y')} 50 1 -\n`)
    return ++renames
  })
  await using again = await open({ io })
  await again.put('n', 'c', body)
  expect(renames).toBe(1)
  // a, b, c, y as it was put last, and z of the old index only.
  expect(await again.describe()).toMatchObject({ bytes: 355, count: 5 })
  await using other = await open()
  expect(await other.describe()).toMatchObject({ bytes: 355, count: 5 })
})

it.each(layouts)(
  'a delete frees the space of a disk that is too full for a line of the index, layout %s',
  async layout => {
    const { open } = maker({ layout, maxBytes: 400 })
    await using store = await open()
    await putAll(store, 'abcd')
    const io = faultyFileSystem(operation => {
      if (operation === 'write') throw systemError('ENOSPC')
    })
    await using full = await open({ io })
    expect(await full.delete('n', 'a')).toBe(true)
    expect(await full.deleteNamespace('n')).toBe(3)
    expect(await left(store)).toBe('')
    // Those that nobody could note make room.
    await putAll(store, 'wxyz')
    expect([await left(store), await store.describe()]).toMatchObject(['wxyz', { bytes: 400, count: 4 }])
  },
)

it('blobs that were put without limits are counted once there are some', async () => {
  const { open } = maker({})
  const free = await open()
  await putAll(free, 'abcdef')
  await using store = await open({ maxCount: 3 })
  await putAll(store, 'g')
  expect(await left(store)).toBe('efg')
  // One without limits tells as well.
  await putAll(free, 'h')
  await putAll(store, 'i')
  expect(await left(store)).toBe('ghi')
  await free.close()
})

it('the log is written anew when most of it is about the past', async () => {
  const { open, dir } = maker({ maxCount: 3 })
  await using store = await open()
  await putAll(store, 'abc')
  const uses = Array.from({ length: 11_000 }, (_, i) => `u 6e/61 ${1_800_000_000_000 + i}\n`).join('')
  fs.appendFileSync(join(dir, 'index'), uses)
  await using other = await open()
  await putAll(other, 'd')
  expect(fs.statSync(join(dir, 'index')).size).toBeLessThan(1000)
  await putAll(store, 'e')
  await putAll(other, 'f')
  expect(await left(store)).toBe('def')
})

it('opening scans nothing, and making room takes as many calls however many blobs there are', async () => {
  const dir = join(scratch(), 'blobs')
  const calls: string[] = []
  const io = faultyFileSystem((operation, args) => void calls.push(`${operation} ${String(args[0])}`), {
    pooled: realFileSystem.blocking,
  })
  const costs: number[] = []
  for (const count of [20, 400]) {
    await using store = await DiskBlobStore.open(dir, { durability: 'process', maxCount: count })
    for (let i = 0; i < count; i++) await store.put('n', `k${i}`, body)
    calls.length = 0
    await using again = await DiskBlobStore.open(dir, { durability: 'process', maxCount: count, io })
    expect(calls.length).toBeLessThan(40)
    expect(calls.filter(call => /^(readdir|open) .*(entries|index)/.test(call))).toEqual([])
    await again.put('n', 'first', body)
    calls.length = 0
    await again.put('n', 'second', body)
    costs.push(calls.length)
  }
  expect(costs[1]).toBe(costs[0])
})

it('a table of uses keeps totals and order', () => {
  const table = new UsageTable()
  const usage = { size: 10, expiresAtMs: undefined, usedMs: 1 }
  for (const id of 'abc') table.put(id, usage)
  expect([table.bytes, table.count]).toEqual([30, 3])
  table.use('a', 5)
  expect(table.victim(0, new Set())).toBe('b')
  expect(table.victim(0, new Set(['b']))).toBe('c')
  for (let i = 0; i < 5000; i++) table.put('d', { ...usage, expiresAtMs: 1000 - (i % 7) })
  table.put('e', { ...usage, expiresAtMs: 10 })
  expect([table.victim(5, new Set()), table.victim(11, new Set()), table.victim(11, new Set('e'))]).toEqual([
    'b',
    'e',
    'b',
  ])
  for (const id of 'abcde') table.remove(id)
  expect([table.bytes, table.count, table.victim(5, new Set())]).toEqual([0, 0, undefined])
})
