import { readFileSync, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromTagged, toTagged } from '../../src/cli/tagged-json.ts'
import { equalDeep } from '../../src/core/equal-deep.ts'
import { entries, keyed, SnapshotCache } from '../../src/index.ts'
import { netmapCache } from '../../src/netmap/index.ts'
import { FileStore } from '../../src/store/file-store.ts'
import { scratch } from '../store/scratch.ts'
import { reportOf, runCli } from './cli-run.ts'
import { makeSample, sampleCache, sampleState } from './sample-caches.ts'

const leaf = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, true, Number.NaN, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  fc.double(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\ud800', '$type', '__proto__', ''),
  fc.bigInt(),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array(),
  fc.float64Array(),
  fc.bigInt64Array(),
  fc.uint8ClampedArray(),
  fc.uint8Array().map(bytes => new Uint8Array(bytes).buffer),
  fc.uint8Array().map(bytes => new DataView(new Uint8Array(bytes).buffer)),
)
const fieldName = fc.oneof(fc.string(), fc.constantFrom('$type', '__proto__', 'value', 'constructor', '7'))

/** Any value that a codec keeps. */
const { value } = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(fieldName, tie('value')), { maxLength: 4 }).map(pairs => Object.fromEntries(pairs)),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 }).map(pairs => new Map(pairs)),
    fc.array(tie('value'), { maxLength: 3 }).map(items => new Set(items)),
    fc.constantFrom({ $type: 'Date', value: '2026-01-01T00:00:00.000Z' }, { $type: 'undefined' }),
  ),
}))

describe('tagged JSON', () => {
  it('gives back exactly what it was given', () => {
    fc.assert(
      fc.property(value, given => equalDeep(fromTagged(JSON.parse(JSON.stringify(toTagged(given)))), given)),
      { numRuns: 2000 },
    )
  })

  it.each([
    { $type: 'Date', value: 'x' },
    { $type: 'bigint', value: '1.5' },
    { $type: 'number', value: '5' },
    { $type: 'Map', value: [[1]] },
    { $type: 'Object', value: [[1, 2]] },
    { $type: 'Float64Array', base64: 'AAAA' },
    { $type: 'Regexp', value: 'x' },
    { $type: 7 },
  ])('%j is CORRUPT', json => {
    expect(() => fromTagged(json)).toThrow(expect.objectContaining({ code: 'CORRUPT' }))
  })
})

it('export and import give an equal state, with its keys, in both formats', async () => {
  const element = fc.record({ id: fc.string({ unit: 'binary' }), value })
  const states = fc.record({
    plain: value,
    peers: fc.uniqueArray(element, { selector: ({ id }) => id, maxLength: 5 }),
    users: fc.dictionary(fieldName, value, { maxKeys: 4 }),
    map: fc.array(fc.tuple(fc.string(), value), { maxLength: 4 }).map(pairs => new Map(pairs)),
  })
  const columns = { peers: keyed<{ id: string }>(({ id }) => `key of ${id}`), users: entries(), map: entries() }
  const run = async (state: object, format: string): Promise<void> => {
    const [from, to] = [scratch(), join(scratch(), 'new')]
    {
      await using store = await FileStore.open(from, { durability: 'process' })
      const cache = new SnapshotCache<Record<string, unknown>>(store, {
        name: 'a/b',
        columns: columns as never,
        schemaVersion: 7,
        now: () => 1e12,
      })
      await cache.store(state as Record<string, unknown>)
    }
    const exported = await runCli(['export', from, '--format', format])
    expect(exported.code, exported.stderr).toBe(0)
    const imported = await runCli(['import', to, 'other', '-'], { stdin: Buffer.from(exported.stdout) })
    expect(imported.code, imported.stderr).toBe(0)
    await using store = await FileStore.open(to)
    const cache = new SnapshotCache<Record<string, unknown>>(store, {
      name: 'other',
      columns: columns as never,
      schemaVersion: 7,
    })
    const loaded = (await cache.load())!
    expect(equalDeep(loaded.state, state)).toBe(true)
    expect(loaded.savedAt).toEqual(new Date(1e12))
    // The application that stores the same finds nothing to write: the keys are those that it makes.
    expect(await cache.store({ ...(state as Record<string, unknown>) })).toMatchObject({ skipped: 'unchanged' })
  }
  await fc.assert(fc.asyncProperty(states, fc.constantFrom('json', 'ndjson'), run), { numRuns: 40 })
}, 120_000)

it('writes a new file for its owner only, and reads it from there', async () => {
  const [dir, to] = [scratch(), join(scratch(), 'new')]
  const file = join(scratch(), 'app.json')
  await makeSample(dir)
  expect(await reportOf(['export', dir, 'app', '-g', '1', '-o', file, '-f', 'json'])).toMatchObject({
    generation: 1,
    columns: 4,
  })
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
    coldsnap: 1,
    cache: 'app',
    savedAt: '2026-01-02T03:04:05.678Z',
  })
  expect((await runCli(['export', dir, '-o', file])).code).toBe(9)
  expect(await reportOf(['import', to, 'app', file])).toMatchObject({ cache: 'app', generation: 1 })
  {
    await using store = await FileStore.open(to, { readOnly: true })
    expect((await sampleCache(store).load())?.state).toEqual(sampleState())
  }
  expect((await runCli(['import', to, 'app', file])).code).toBe(9)
  expect((await runCli(['import', to, 'app', file, '--replace'])).code).toBe(0)
  expect((await runCli(['import', to, 'app', `${file}.none`])).code).toBe(3)
})

it('a damaged or cut export is refused, and nothing is made of it', async () => {
  const dir = scratch()
  await makeSample(dir)
  for (const format of ['json', 'ndjson']) {
    const { stdout } = await runCli(['export', dir, '-f', format])
    const cuts = [
      stdout.slice(0, -3),
      stdout.slice(0, stdout.length >> 1),
      stdout.split('\n').slice(0, -2).join('\n'),
      '',
    ]
    const wrong = [
      stdout.replace('"coldsnap":1', '"coldsnap":2'),
      stdout.replace('"id"', '\xff'),
      stdout.replace('"key":"new"', '"key":7'),
    ]
    for (const text of [...cuts, ...(format === 'ndjson' ? wrong : wrong.slice(0, 1))]) {
      const to = join(scratch(), 'new')
      const { code } = await runCli(['import', to, 'app', '-'], { stdin: Buffer.from(text, 'latin1') })
      expect(code, `${format}: ${text.slice(-80)}`).toBe(8)
      await expect(readdir(to)).rejects.toThrow('ENOENT')
    }
  }
})

it('a network map of Tailscale becomes a cache that netmapCache loads', async () => {
  const theirs = fileURLToPath(new URL('../../fixtures/netmapcache/realistic/dir', import.meta.url))
  const to = join(scratch(), 'new')
  const { stdout } = await runCli(['export', theirs])
  expect((await runCli(['import', to, 'netmap', '-'], { stdin: Buffer.from(stdout) })).code).toBe(0)
  await using store = await FileStore.open(to, { readOnly: true })
  await using original = await FileStore.open(theirs, { readOnly: true })
  const loaded = await netmapCache(store).load()
  expect(loaded?.state).toEqual((await netmapCache(original, { layout: 'plain' }).load())?.state)
})
