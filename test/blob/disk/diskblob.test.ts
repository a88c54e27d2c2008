import fs from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { BlobCache } from '../../../src/blob/blob-cache.ts'
import { copyBlobMeta } from '../../../src/blob/blob-meta.ts'
import { type BlobProblem, DiskBlobStore } from '../../../src/blob/disk/disk-blob-store.ts'
import { parseTime, timeText } from '../../../src/blob/disk/exact-time.ts'
import { decodeSidecar, encodeSidecar } from '../../../src/blob/disk/sidecar.ts'
import { blobKeys } from '../../../src/contract/blob-samples.ts'
import { randomFrom, runs, seed } from '../../snapshot/runs.ts'
import { bytes, scratch } from '../../store/scratch.ts'
import { dataFile, filesIn, litterIn } from './disk-handle.ts'

/** What the Go program was given and what it wrote. */
interface Entry {
  readonly NS: string
  readonly Key: string
  readonly ValueHex: string
  readonly Type?: string
  readonly ExpiresAt?: string
  readonly Metadata?: Record<string, string>
  readonly Sidecar: string
  readonly DataMode: string
  readonly SidecarMode: string
  readonly DirMode: string
  readonly UpdatedAt: string
}

const fixtures = fileURLToPath(new URL('../../../fixtures/diskblob', import.meta.url))
const entries = JSON.parse(fs.readFileSync(join(fixtures, 'entries.json'), 'utf8')) as Entry[]

const modeOf = (path: string): string => `0${(fs.statSync(path).mode & 0o777).toString(8)}`
const sidecarOf = (path: string): string => fs.readFileSync(`${path}.meta.json`, 'utf8')
const options = { durability: 'process', layout: 'diskblob' } as const

function copied(): string {
  const dir = join(scratch(), 'root')
  fs.cpSync(join(fixtures, 'root'), dir, { recursive: true })
  return dir
}

async function problemsOf(
  use: (store: DiskBlobStore, dir: string) => Promise<void>,
  dir = copied(),
): Promise<BlobProblem[]> {
  const problems: BlobProblem[] = []
  await using store = await DiskBlobStore.open(dir, { ...options, onProblem: problem => void problems.push(problem) })
  await use(store, dir)
  return problems
}

describe('B17 what the Go program wrote', () => {
  it.each(entries)('is read: $NS $Key', async entry => {
    const problems = await problemsOf(async store => {
      const found = await store.get(entry.NS, entry.Key)
      expect(Buffer.from(found!.bytes).toString('hex')).toBe(entry.ValueHex)
      const { meta } = found!
      expect(meta).toMatchObject({ contentType: entry.Type ?? '', metadata: entry.Metadata ?? {} })
      expect(meta.updatedAt.getTime()).toBe(Date.parse(entry.UpdatedAt))
      expect(meta.expiresAt?.getTime()).toBe(entry.ExpiresAt && Date.parse(entry.ExpiresAt))
      expect([timeText(meta.updatedAt), meta.expiresAt && timeText(meta.expiresAt)]).toEqual([
        entry.UpdatedAt,
        entry.ExpiresAt,
      ])
      expect(await store.head(entry.NS, entry.Key)).toStrictEqual(meta)
    })
    expect(problems).toEqual([])
  })

  it('is listed, by a store that only reads as well, and nothing is written', async () => {
    const dir = copied()
    const before = filesIn(dir)
    await using store = await DiskBlobStore.open(dir, { ...options, readOnly: true })
    const keys = entries.filter(({ NS }) => NS === 'tfupdate/providers').map(({ Key }) => Key)
    expect(await blobKeys(store, 'tfupdate/providers')).toEqual([...new Set(keys)].sort())
    expect(filesIn(dir)).toEqual(before)
  })
})

describe('B18 what is written for the same times', () => {
  it.each(entries)('has the bytes of the Go program: $NS $Key', async entry => {
    const meta = decodeSidecar(bytes(entry.Sidecar))
    expect(new TextDecoder().decode(encodeSidecar(meta))).toBe(entry.Sidecar)
    // All of a store but the time of the put, which is now: by its clock, in milliseconds.
    const dir = join(scratch(), 'root')
    const updatedAt = '2026-11-21T10:30:19.5Z'
    await using store = await DiskBlobStore.open(dir, { ...options, clock: () => Date.parse(updatedAt) })
    const { contentType, metadata, expiresAt } = meta
    await store.put(entry.NS, entry.Key, Buffer.from(entry.ValueHex, 'hex'), { contentType, metadata, expiresAt })
    const path = dataFile(dir, entry.NS, entry.Key, 'diskblob')
    const wanted = entry.Sidecar.replace(entry.UpdatedAt, updatedAt)
    expect(sidecarOf(path)).toBe(wanted)
    expect(fs.readFileSync(path).toString('hex')).toBe(entry.ValueHex)
    expect([modeOf(path), modeOf(`${path}.meta.json`), modeOf(dirname(path))]).toEqual([
      entry.DataMode,
      entry.SidecarMode,
      entry.DirMode,
    ])
    // A Date that has lost its text: that of the entry is kept while it is the same moment.
    await store.put(entry.NS, entry.Key, Buffer.from(entry.ValueHex, 'hex'), {
      contentType,
      metadata,
      expiresAt: expiresAt && new Date(expiresAt),
    })
    expect(sidecarOf(path)).toBe(wanted)
    expect(litterIn(dir)).toEqual([])
  })

  it('escapes as Go does', () => {
    const meta = {
      ...decodeSidecar(bytes(entries[0]!.Sidecar)),
      contentType: '\b\f\n\r\t"\\/<>&\u2028\u2029\u0001\u007f🦔',
    }
    const line = '"ContentType": "\\b\\f\\n\\r\\t\\"\\\\/\\u003c\\u003e\\u0026\\u2028\\u2029\\u0001\u007f🦔"'
    expect(new TextDecoder().decode(encodeSidecar(meta))).toContain(line)
  })

  it('refuses a time that the format has no digits for', async () => {
    await using store = await DiskBlobStore.open(join(scratch(), 'root'), options)
    const put = store.put('n', 'k', bytes('v'), { expiresAt: new Date(8.64e15) })
    await expect(put).rejects.toMatchObject({ code: 'UNSUPPORTED_VALUE' })
    expect(litterIn(store.dir)).toEqual([])
  })
})

it.each([
  ['2026-11-21T07:32:37.047959585Z', Date.UTC(2026, 10, 21, 7, 32, 37, 47)],
  ['0001-01-01T00:00:00Z', new Date('0001-01-01T00:00:00Z').getTime()],
  ['2024-02-29T23:59:59.9-12:30', Date.parse('2024-03-01T12:29:59.900Z')],
])('the time %s', (text, ms) => {
  const date = parseTime(text)!
  expect([date.getTime(), timeText(date)]).toEqual([ms, text])
  // A Date that was changed is another moment.
  date.setTime(ms + 1)
  expect(timeText(date)).not.toBe(text)
})

it.each([
  '',
  '2026-13-01T00:00:00Z',
  '2026-02-30T00:00:00Z',
  '2026-01-01T24:00:00Z',
  '2026-01-01',
  '2026-01-01T00:00:00',
])('no time: %j', text => expect(parseTime(text)).toBeUndefined())

describe('names that the layout cannot carry are INVALID_KEY on every method', () => {
  const bad = [
    'k.meta.json',
    'k.META.json',
    'd.meta.json/k',
    './k',
    'a//b',
    'k/',
    'a/./b',
    'a\\b',
    `${'s'.repeat(246)}`,
    'blob-123',
    'x/blob-meta-9',
    'é'.repeat(123),
  ]
  it.each(bad)('%j', async key => {
    await using store = await DiskBlobStore.open(join(scratch(), 'root'), options)
    for (const [namespace, name] of [
      ['n', key],
      [key, 'k'],
    ] as const) {
      const calls = [
        () => store.get(namespace, name),
        () => store.head(namespace, name),
        () => store.open(namespace, name),
        () => store.put(namespace, name, bytes('v')),
        () => store.delete(namespace, name),
      ]
      for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'INVALID_KEY' })
    }
    expect(filesIn(store.dir)).toEqual([])
  })

  it('.coldsnap as a namespace, and a key below another or above others', async () => {
    await using store = await DiskBlobStore.open(join(scratch(), 'root'), options)
    await expect(store.put('.coldsnap', 'k', bytes('v'))).rejects.toMatchObject({ code: 'INVALID_KEY' })
    await store.put('n', 'a', bytes('a'))
    await store.put('n', 'b/c', bytes('c'))
    await expect(store.put('n', 'a/b', bytes('v'))).rejects.toMatchObject({ code: 'INVALID_KEY' })
    await expect(store.put('n', 'b', bytes('v'))).rejects.toMatchObject({ code: 'INVALID_KEY' })
    expect([await store.get('n', 'a/b'), await store.get('n', 'b'), await store.delete('n', 'b')]).toEqual([
      undefined,
      undefined,
      false,
    ])
    expect(await blobKeys(store, 'n')).toEqual(['a', 'b/c'])
    expect(litterIn(store.dir)).toEqual([])
  })

  it('245 bytes are carried', async () => {
    await using store = await DiskBlobStore.open(join(scratch(), 'root'), options)
    await store.put('n', 's'.repeat(245), bytes('v'))
    expect(await blobKeys(store, 'n')).toEqual(['s'.repeat(245)])
  })
})

it('deletes nothing below what is a blob, and says so', async () => {
  await using store = await DiskBlobStore.open(copied(), { layout: 'diskblob' })
  await store.put('a', 'b', bytes('body'))
  expect(await store.delete('a', 'b/c')).toBe(false)
  expect(await store.delete('a/b', 'k')).toBe(false)
  expect(await store.deleteNamespace('a/b')).toBe(0)
  expect((await store.get('a', 'b'))?.bytes).toEqual(bytes('body'))
})

describe('B22 what is damaged is a miss, told of, and disturbs no other', () => {
  const { NS, Key } = entries.find(({ ValueHex }) => ValueHex.length === 100)!
  const damages: Record<string, (path: string) => void> = {
    'no sidecar': path => fs.rmSync(`${path}.meta.json`),
    'an empty sidecar': path => fs.writeFileSync(`${path}.meta.json`, ''),
    'half a sidecar': path => fs.truncateSync(`${path}.meta.json`, 40),
    'a sidecar that says nothing': path => fs.writeFileSync(`${path}.meta.json`, '{}'),
    'other data of the same length': path => fs.writeFileSync(path, Buffer.alloc(50, 1)),
    'shorter data': path => fs.truncateSync(path, 7),
  }
  it.each(Object.entries(damages))('%s', async (_, damage) => {
    const problems = await problemsOf(async (store, dir) => {
      const keys = (await blobKeys(store, NS)).filter(key => key !== Key)
      damage(dataFile(dir, NS, Key, 'diskblob'))
      fs.writeFileSync(join(dir, NS, 'blob-4711'), 'left by a Go program that died')
      expect(await store.get(NS, Key)).toBeUndefined()
      expect(await store.head(NS, Key)).toBeUndefined()
      expect(await blobKeys(store, NS)).toEqual(keys)
      await store.put(NS, Key, bytes('new'))
      expect((await store.get(NS, Key))?.bytes).toEqual(bytes('new'))
      expect(await blobKeys(store, NS)).toHaveLength(keys.length + 1)
    })
    expect(problems).toMatchObject([{ code: 'damaged', namespace: NS, key: Key, error: { code: 'CORRUPT' } }])
  })

  it('a sidecar without data is not there', async () => {
    const problems = await problemsOf(async (store, dir) => {
      fs.rmSync(dataFile(dir, NS, Key, 'diskblob'))
      expect(await store.get(NS, Key)).toBeUndefined()
      expect(await store.delete(NS, Key)).toBe(false)
      expect(fs.existsSync(`${dataFile(dir, NS, Key, 'diskblob')}.meta.json`)).toBe(false)
    })
    expect(problems).toEqual([])
  })

  it('a sidecar of which any byte was changed never gives a wrong body', async () => {
    const random = randomFrom(seed)
    const problems = await problemsOf(async (store, dir) => {
      const sidecar = fs.readFileSync(`${dataFile(dir, NS, Key, 'diskblob')}.meta.json`)
      const body = fs.readFileSync(dataFile(dir, NS, Key, 'diskblob'))
      for (let i = 0; i < runs(150); i++) {
        const changed = Buffer.from(sidecar)
        for (let n = 0; n < 1 + 3 * random(); n++)
          changed[Math.floor(random() * changed.length)] = Math.floor(random() * 256)
        let size: number | undefined
        try {
          size = decodeSidecar(changed).size
        } catch (error) {
          expect(error).toMatchObject({ code: 'CORRUPT' })
        }
        // Each damaged one costs the patience for a Go program that might be half-way.
        if (i % 15 !== 0 && size === undefined) continue
        fs.writeFileSync(`${dataFile(dir, NS, Key, 'diskblob')}.meta.json`, changed)
        const found = await store.get(NS, Key)
        if (found !== undefined) expect(Buffer.from(found.bytes)).toEqual(body)
      }
    })
    for (const { error } of problems) expect(error).toMatchObject({ code: 'CORRUPT' })
  })
})

it('unknown fields, missing ones and any case of names are read as in Go', () => {
  const etag = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
  const meta = decodeSidecar(bytes(`{"x": [1], "ETAG": "${etag}", "metadata": null, "contenttype": "t"}`))
  expect(meta).toMatchObject({ size: 0, etag, contentType: 't', metadata: {}, expiresAt: undefined })
  expect(meta.updatedAt.toISOString()).toBe('0001-01-01T00:00:00.000Z')
})

it('the exact expiry of an entry that is copied through a cache, also by a fetcher, is written as it was read', async () => {
  const dir = join(scratch(), 'root')
  const expiresAt = '2030-01-02T03:04:05.123456789+02:00'
  await using store = await DiskBlobStore.open(dir, options)
  const cache = new BlobCache(store, { namespace: 'n' })
  await cache.put('from', 'body', { expiresAt: new Date(expiresAt) })
  const sidecar = sidecarOf(dataFile(dir, 'n', 'from', 'diskblob'))
  const given = sidecar.replace(/("ExpiresAt": ")[^"]+/, `$1${expiresAt}`)
  fs.writeFileSync(`${dataFile(dir, 'n', 'from', 'diskblob')}.meta.json`, given)
  for (const [key, meta] of [
    ['get', (await cache.get('from'))!.meta],
    ['head', (await cache.head('from'))!],
    ['copy', copyBlobMeta((await cache.head('from'))!)],
  ] as const) {
    await cache.put(key, 'body', { expiresAt: meta.expiresAt })
    expect(sidecarOf(dataFile(dir, 'n', key, 'diskblob'))).toContain(`"ExpiresAt": "${expiresAt}"`)
  }
  const { meta } = (await cache.get('from'))!
  await cache.getOrFetch('fetched', () => ({ body: 'body', expiresAt: meta.expiresAt }))
  expect(sidecarOf(dataFile(dir, 'n', 'fetched', 'diskblob'))).toContain(`"ExpiresAt": "${expiresAt}"`)
  // A Date that was changed since is another time.
  meta.expiresAt!.setUTCFullYear(2031)
  await cache.put('changed', 'body', { expiresAt: meta.expiresAt })
  expect(sidecarOf(dataFile(dir, 'n', 'changed', 'diskblob'))).toContain('"ExpiresAt": "2031-01-02T01:04:05.123Z"')
})
