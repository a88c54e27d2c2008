import fs from 'node:fs'
import { join } from 'node:path'
import { DiskBlobStore } from 'coldsnap/blob/disk'
import { median } from '../statistics.ts'

/** What a directory of many entries costs, in milliseconds. */
export interface EntryFigures {
  readonly entries: number
  readonly open: number
  readonly list: number
  readonly keys: number
  /** Only the names of the same directory. */
  readonly walk: number
  /** Names, and the last kilobyte of every file, as metadata of every blob takes: opened, looked at, read, closed. */
  readonly readWalk: number
}

/** A put into a store that is at its limit, and so gives up another blob: milliseconds by the number of entries. */
export type EvictionFigures = ReadonlyMap<number, number>

const namespace = 'bench'

export async function measureEntries(directory: string, entries: number, rounds: number): Promise<EntryFigures> {
  const body = new Uint8Array(100)
  {
    await using store = await DiskBlobStore.open(directory, { durability: 'process' })
    for (let i = 0; i < entries; i++) await store.put(namespace, `entry-${i}`, body)
  }
  const samples = {
    open: [] as number[],
    list: [] as number[],
    keys: [] as number[],
    walk: [] as number[],
    readWalk: [] as number[],
  }
  for (let round = 0; round < rounds; round++) {
    let began = performance.now()
    const store = await DiskBlobStore.open(directory, { durability: 'process' })
    samples.open.push(performance.now() - began)
    began = performance.now()
    let found = 0
    for await (const { meta } of store.list(namespace)) found += meta.size === body.byteLength ? 1 : 0
    samples.list.push(performance.now() - began)
    began = performance.now()
    let named = 0
    for await (const key of store.keys(namespace)) named += key.startsWith('entry-') ? 1 : 0
    samples.keys.push(performance.now() - began)
    await store.close()
    if (found !== entries || named !== entries)
      throw new Error(`Listed ${found} and ${named} entries, wanted ${entries}`)
    began = performance.now()
    walk(join(directory, 'entries'), () => undefined)
    samples.walk.push(performance.now() - began)
    began = performance.now()
    walk(join(directory, 'entries'), readEnd)
    samples.readWalk.push(performance.now() - began)
  }
  const medians = { open: median(samples.open), list: median(samples.list), keys: median(samples.keys) }
  return { entries, ...medians, walk: median(samples.walk), readWalk: median(samples.readWalk) }
}

export async function measureEviction(
  directory: string,
  counts: readonly number[],
  puts: number,
): Promise<EvictionFigures> {
  const figures = new Map<number, number>()
  const body = new Uint8Array(100)
  for (const count of counts) {
    const dir = join(directory, `full-${count}`)
    await using store = await DiskBlobStore.open(dir, { durability: 'process', maxCount: count })
    for (let i = 0; i < count; i++) await store.put(namespace, `entry-${i}`, body)
    const ms: number[] = []
    for (let i = 0; i < puts; i++) {
      const began = performance.now()
      await store.put(namespace, `late-${i}`, body)
      ms.push(performance.now() - began)
    }
    const { count: kept } = await store.describe()
    if (kept !== count) throw new Error(`Kept ${kept} entries, wanted ${count}`)
    figures.set(count, median(ms))
  }
  return figures
}

function walk(directory: string, visit: (path: string) => void): void {
  for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) walk(path, visit)
    else visit(path)
  }
}

function readEnd(path: string): void {
  const fd = fs.openSync(path, 'r')
  const { size } = fs.fstatSync(fd)
  const bytes = Buffer.allocUnsafe(Math.min(size, 1024))
  fs.readSync(fd, bytes, 0, bytes.byteLength, size - bytes.byteLength)
  fs.closeSync(fd)
}
