import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { DiskBlobStore } from '../../src/blob/disk/disk-blob-store.ts'
import { scratch } from '../store/scratch.ts'
import { reportOf, runCli } from './cli-run.ts'
import { makeSample } from './sample-caches.ts'

const terraci = fileURLToPath(new URL('../../fixtures/diskblob/root', import.meta.url))
const body = Buffer.from('hello, blob')

/** The one file below `dir` that ends with `end`. */
function fileIn(dir: string, end: string): string {
  return join(dir, readdirSync(dir, { recursive: true, encoding: 'utf8' }).find(file => file.endsWith(end))!)
}

describe.each(['directory', 'level store'])('blobs in a %s', kind => {
  it('are put, listed, read and cleaned', async () => {
    const dir = join(scratch(), 'blobs')
    if (kind === 'level store') await makeSample(dir, 'level')
    const put = ['blob', 'put', dir, 'news', 'a/b', '-', '--type', 'text/plain', '--expires', '1000']
    expect(await reportOf(put, 0, { stdin: body, now: () => 1e12 })).toMatchObject({
      size: 11,
      contentType: 'text/plain',
    })
    expect((await runCli([...put, '--if-absent'], { stdin: body })).code).toBe(9)
    expect(await reportOf(['blob', 'ls', dir])).toEqual({ namespaces: [{ namespace: 'news', count: 1, bytes: 11 }] })
    const long = 'k'.repeat(500)
    await reportOf(['blob', 'put', dir, 'n'.repeat(300), long, '-'], 0, { stdin: body })
    expect(await reportOf<unknown[]>(['blob', 'ls', dir, 'n'.repeat(300)])).toMatchObject([{ key: long, size: 11 }])
    expect(await reportOf<{ namespaces: unknown[] }>(['blob', 'ls', dir])).toMatchObject({ namespaces: [{}, {}] })
    const listed = await runCli(['blob', 'ls', dir, 'news'], { now: () => 1e12 + 5000 })
    expect(listed.stdout).toBe('KEY  SIZE  AGE  TYPE\na/b  11 B  5 s  text/plain\n')
    expect(await reportOf(['blob', 'ls', dir, 'news', '--prefix', 'b'])).toEqual([])
    expect((await runCli(['blob', 'get', dir, 'news', 'a/b'])).stdout).toBe('hello, blob')
    expect((await runCli(['blob', 'get', dir, 'news', 'c'])).code).toBe(3)
    expect((await runCli(['blob', 'get', dir, 'news', '../c'])).code).toBe(2)
    const file = join(scratch(), 'out')
    expect(await reportOf(['blob', 'get', dir, 'news', 'a/b', '-o', file])).toMatchObject({ size: 11 })
    expect(readFileSync(file, 'utf8')).toBe('hello, blob')
    expect((await runCli(['blob', 'get', dir, 'news', 'a/b', '-o', file])).code).toBe(9)
    const clean = ['blob', 'clean', dir]
    expect(await reportOf([...clean, '--grace', '9999'], 0, { now: () => 1e12 + 2000 })).toMatchObject({ removed: 0 })
    expect(await reportOf(clean, 0, { now: () => 1e12 + 2000 })).toEqual({ removed: 1, failed: 0, kept: 1 })
    expect((await runCli(['verify', dir])).code).toBe(0)
  })
})

it('a body that is not there, and a directory that is none, change nothing', async () => {
  const dir = join(scratch(), 'blobs')
  expect((await runCli(['blob', 'put', dir, 'n', 'k', join(dir, 'none')])).code).toBe(3)
  expect((await runCli(['blob', 'put', dir, 'n', 'k', '/'])).code).toBe(2)
  expect((await runCli(['ls', dir])).code).toBe(3)
  expect((await runCli(['blob', 'ls', dir])).code).toBe(3)
  expect((await runCli(['blob', 'clean', dir, '--ttl', 'x'])).code).toBe(2)
})

it('a bar counts the bytes of a file', async () => {
  const dir = scratch()
  writeFileSync(join(dir, 'body'), body)
  const options = { isTTY: true, env: { TERM: 'dumb' } }
  const put = await runCli(['blob', 'put', join(dir, 'blobs'), 'n', 'k', join(dir, 'body')], options)
  expect([put.code, put.stderr]).toEqual([0, expect.stringContaining('11/11 bytes')])
  const get = await runCli(['blob', 'get', join(dir, 'blobs'), 'n', 'k', '-o', join(dir, 'out')], options)
  expect([get.code, get.stderr]).toEqual([0, expect.stringContaining('11/11 bytes')])
})

it('a damaged blob is found, and repaired by removing it', async () => {
  const dir = scratch()
  {
    await using store = await DiskBlobStore.open(dir)
    for (const key of ['good', 'bad']) await store.put('n', key, body)
  }
  const file = fileIn(dir, Buffer.from('bad').toString('hex'))
  const bytes = readFileSync(file)
  bytes[3]! ^= 1
  writeFileSync(file, bytes)
  expect(await reportOf(['verify', dir], 1)).toMatchObject({
    blobs: { count: 1, problems: [{ namespace: 'n', key: 'bad' }] },
  })
  expect((await runCli(['blob', 'get', dir, 'n', 'bad'])).code).toBe(8)
  expect((await runCli(['repair', dir])).code).toBe(2)
  expect(readFileSync(file)).toEqual(bytes)
  expect(await reportOf(['repair', dir, '--yes'])).toMatchObject({ repairs: [{ name: 'n', removed: ['bad'] }] })
  expect((await runCli(['verify', dir])).code).toBe(0)
  expect(await reportOf<unknown[]>(['blob', 'ls', dir, 'n'])).toMatchObject([{ key: 'good' }])
})

describe("terraci's directories", () => {
  it('are listed, read and written', async () => {
    expect((await reportOf<{ namespaces: unknown[] }>(['blob', 'ls', terraci])).namespaces).toHaveLength(4)
    expect((await runCli(['ls', terraci])).stdout).toContain('diskblob directory')
    const dir = join(scratch(), 'copy')
    await cp(terraci, dir, { recursive: true })
    await reportOf(['blob', 'put', dir, 'cost/pricing', 'mine', '-'], 0, { stdin: body })
    expect(readFileSync(join(dir, 'cost/pricing/mine'), 'utf8')).toBe('hello, blob')
    expect((await runCli(['blob', 'get', dir, 'cost/pricing', 'mine'])).stdout).toBe('hello, blob')
  })

  it('are checked and repaired', async () => {
    const dir = join(scratch(), 'copy')
    await cp(terraci, dir, { recursive: true })
    await reportOf(['blob', 'put', dir, 'mine', 'k', '-'], 0, { stdin: body })
    const before = (await reportOf<{ blobs: { problems: unknown[] } }>(['verify', dir], await codeOf(dir))).blobs
      .problems
    writeFileSync(join(dir, 'mine/k'), 'hellO, blob')
    const found = await reportOf<{ blobs: { problems: unknown[] } }>(['verify', dir], 1)
    expect(found.blobs.problems).toHaveLength(before.length + 1)
    expect(found.blobs.problems).toContainEqual(expect.objectContaining({ namespace: 'mine', key: 'k' }))
    expect((await runCli(['repair', dir, '--yes'])).code).toBe(0)
    expect((await runCli(['verify', dir])).code).toBe(0)
  })
})

async function codeOf(dir: string): Promise<number> {
  return (await runCli(['verify', dir])).code
}
