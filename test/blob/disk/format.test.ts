import fs from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type BlobProblem, DiskBlobStore } from '../../../src/blob/disk/disk-blob-store.ts'
import { digest } from '../../../src/bytes/digest.ts'
import { blobKeys } from '../../../src/contract/blob-samples.ts'
import { comparePart } from '../../docs/page-part.ts'
import { bytes, scratch } from '../../store/scratch.ts'
import { dataFile, filesIn } from './disk-handle.ts'

async function example(dir: string, contentAddressed = false): Promise<Buffer> {
  const clock = (): number => Date.UTC(2026, 0, 2, 3, 4, 5, 678)
  await using store = await DiskBlobStore.open(dir, { clock, contentAddressed, maxBytes: 1000 })
  const expiresAt = new Date(Date.UTC(2026, 0, 3))
  await store.put('prices', 'eu/1', bytes('hello'), { contentType: 'text/plain', metadata: { a: 'b' }, expiresAt })
  return fs.readFileSync(join(dir, 'entries/707269636573/65752f31'))
}

/** Spells the file out, by the page and with nothing of the source. */
function annotate(file: Buffer): string {
  const lines: string[] = []
  let at = 0
  const field = (size: number, meaning: (part: Buffer) => string): void => {
    const part = file.subarray(at, at + size)
    for (let row = 0; row < size; row += 16) {
      const hex = part
        .subarray(row, row + 16)
        .toString('hex')
        .replace(/..(?=.)/g, '$& ')
      const line = `${(at + row).toString(16).padStart(4, '0')}  ${hex.padEnd(48)} ${row === 0 ? meaning(part) : ''}`
      lines.push(line.trimEnd())
    }
    at += size
  }
  const time = (part: Buffer): string => new Date(part.readDoubleLE()).toISOString()
  const text = (name: string): void => field(1 + file[at]!, part => `${name}: ${part.subarray(1).toString() || 'none'}`)
  field(5, part => `body: ${part.toString()}`)
  field(4, part => `magic: ${part.toString()}`)
  field(1, part => `version: ${part[0]}`)
  field(1, part => `flags: an expiry: ${part[0]}`)
  field(6, part => `size: ${part.readUIntLE(0, 6)}`)
  field(32, () => 'etag')
  field(8, part => `updated: ${time(part)}`)
  field(8, part => `expires: ${time(part)}`)
  for (const name of ['namespace', 'key', 'content type', 'source etag']) text(name)
  field(1, part => `metadata: ${part[0]}`)
  text('name')
  text('value')
  field(16, () => 'digest')
  field(4, part => `length: ${part.readUInt32LE()}`)
  field(4, part => `end: ${part.toString()}`)
  expect(at).toBe(file.byteLength)
  return ['```text', ...lines, '```'].join('\n')
}

it('the worked example in docs/FORMAT.md is what is written, byte for byte', async () => {
  const file = await example(join(scratch(), 'blobs'))
  await comparePart('FORMAT.md', 'blob', annotate(file), process.env['COLDSNAP_WRITE_FIXTURES'] === '1')
})

it('an entry whose body is a file of its own is what docs/FORMAT.md says', async () => {
  const whole = await example(join(scratch(), 'blobs'))
  const dir = join(scratch(), 'blobs')
  const file = await example(dir, true)
  // The trailer starts after five bytes of body and ends with digest, length and end.
  const wanted = whole.subarray(5)
  wanted[4] = 2
  wanted.set(digest(new Uint8Array(wanted.subarray(0, -24))), wanted.byteLength - 24)
  expect(file.equals(wanted)).toBe(true)
  const etag = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824'
  const paths = [`bodies/${etag}`, `links/707269636573/65752f31.${etag.slice(0, 32)}`]
  expect(filesIn(dir)).toEqual([paths[0], 'entries/707269636573/65752f31', paths[1]])
  for (const path of paths) {
    expect(fs.readFileSync(join(dir, path), 'utf8')).toBe('hello')
    expect(fs.statSync(join(dir, path)).nlink).toBe(2)
  }
  const index = fs.readFileSync(join(dir, 'index'), 'utf8').split('\n')
  const line = `+ 707269636573/65752f31 5 ${Date.UTC(2026, 0, 2, 3, 4, 5, 678)} ${Date.UTC(2026, 0, 3)}`
  expect(index[2]).toBe(`${line} ${etag}`)
  // Replaced by a longer one that is one blob's alone: noted with what is there until then.
  await using plain = await DiskBlobStore.open(dir, { maxBytes: 1000, clock: () => 1 })
  await plain.put('prices', 'eu/1', bytes('longer'))
  expect(fs.readFileSync(join(dir, 'index'), 'utf8').split('\n').slice(3, 5)).toEqual([
    `+ 707269636573/65752f31 6 1 - - 5 ${etag}`,
    '+ 707269636573/65752f31 6 1 -',
  ])
})

it('an entry of a later version is refused, left alone, and disturbs no other', async () => {
  const dir = join(scratch(), 'blobs')
  const file = await example(dir)
  // The trailer starts after five bytes of body and ends with digest, length and end.
  const path = dataFile(dir, 'prices', 'eu/1')
  file[9] = 3
  file.set(digest(new Uint8Array(file.subarray(5, -24))), file.byteLength - 24)
  fs.writeFileSync(path, file)
  const problems: BlobProblem[] = []
  await using store = await DiskBlobStore.open(dir, { onProblem: each => void problems.push(each) })
  await store.put('prices', 'other', bytes('v'))
  for (const call of [
    () => store.get('prices', 'eu/1'),
    () => store.head('prices', 'eu/1'),
    () => store.open('prices', 'eu/1'),
  ]) {
    await expect(call()).rejects.toMatchObject({ name: 'CacheError', code: 'FORMAT_NEWER' })
  }
  expect(await blobKeys(store, 'prices')).toEqual(['other'])
  expect(problems).toMatchObject([{ key: 'eu/1', error: { code: 'FORMAT_NEWER' } }])
  expect(fs.readFileSync(path).equals(file)).toBe(true)
})
