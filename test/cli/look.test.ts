import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { keyFromHex } from '../../src/bytes/file-name.ts'
import { checkCaches } from '../../src/cli/check-caches.ts'
import { ProgressBar } from '../../src/cli/progress-bar.ts'
import { aesGcm, copySnapshot, MemoryStore, SnapshotCache, type Store } from '../../src/index.ts'
import { FileStore } from '../../src/store/file-store.ts'
import { scratch } from '../store/scratch.ts'
import { reportOf, runCli, silentIo } from './cli-run.ts'
import { makeSample, type Sample, sampleCache, sampleState } from './sample-caches.ts'

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url))

/** Everything in a directory, to see that a command left it alone. */
function contentsOf(dir: string): Record<string, string> {
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter(file =>
    statSync(join(dir, file)).isFile(),
  )
  return Object.fromEntries(files.sort().map(file => [file, readFileSync(join(dir, file), 'hex')]))
}

/** Flips a bit in the middle of the file of the first key that `test` likes. */
function damage(dir: string, test: (key: string) => boolean): void {
  const name = readdirSync(dir).find(file => test(keyFromHex(file) ?? ''))!
  const bytes = readFileSync(join(dir, name))
  bytes[bytes.length >> 1]! ^= 1
  writeFileSync(join(dir, name), bytes)
}

describe.each(['file', 'level'] as const)('a %s store', kind => {
  it('is listed and shown', async () => {
    const dir = scratch()
    await makeSample(dir, kind)
    const listing = await reportOf<{ kind: string; caches: { name: string; generations: object[] }[] }>(['ls', dir])
    expect(listing.kind).toBe(kind)
    expect(listing.caches.map(cache => cache.name)).toEqual(['app'])
    expect(listing.caches[0]!.generations).toMatchObject([
      { generation: 2, status: 'readable', columns: ['self', 'dns', 'peers', 'users'], sealed: false },
      { generation: 1, status: 'readable', savedAt: '2026-01-02T03:04:05.678Z' },
    ])
    const shown = await reportOf<{ columns: object[] }>(['show', dir, 'app'])
    expect(shown.columns).toMatchObject([
      { name: 'self', shape: 'plain' },
      { name: 'dns' },
      { name: 'peers', shape: 'array', count: 3 },
      { name: 'users', shape: 'object', count: 0 },
    ])
    expect(await reportOf(['show', dir, 'app', 'peers', 'new'])).toMatchObject({
      value: { id: 'new', name: 'new one' },
    })
    expect(await reportOf(['show', dir, 'app', 'dns', '-g', '1'])).toMatchObject({ generation: 1, value: ['1.1.1.1'] })
    const text = await runCli(['show', dir, 'app', 'self'])
    expect(text.stdout).toBe("{ name: 'ada', since: 2026-01-02T00:00:00.000Z }\n")
    expect((await runCli([...'show'.split(' '), dir, 'app', 'peers', 'n0'])).code).toBe(3)
  })

  it('says what is not there', async () => {
    const dir = scratch()
    await makeSample(dir, kind)
    for (const [argv, message] of [
      [['show', dir, 'other'], 'There is no cache "other", found app'],
      [['show', dir, 'app', 'nope'], 'There is no column "nope" in "app", found self, dns, peers, users'],
      [['show', dir, 'app', 'dns', '-g', '9'], 'There is no generation 9 of "app", found 2, 1'],
      [['verify', dir, 'other'], 'There is no cache "other", found app'],
      [['repair', dir, 'other'], 'There is no cache "other", found app'],
    ] as const) {
      const { code, stderr } = await runCli(argv)
      expect([code, stderr]).toEqual([3, `coldsnap: ${message}\n`])
    }
    expect((await runCli(['show', dir, 'app', 'dns', 'key'])).code).toBe(2)
  })

  it('is copied to another, and not over what is there', async () => {
    const [from, to] = [scratch(), join(scratch(), 'new')]
    await makeSample(from, kind)
    const target = `${kind === 'file' ? 'level' : 'file'}:${to}`
    expect(await reportOf(['copy', from, target])).toMatchObject({ copied: [{ name: 'app', generation: 2 }] })
    expect((await runCli(['diff', from, to])).code).toBe(0)
    const again = await runCli(['copy', from, target])
    expect([again.code, again.stderr]).toEqual([9, expect.stringContaining('ALREADY_EXISTS')])
    expect((await runCli(['copy', from, target, '--replace', '--name', 'app'])).code).toBe(0)
    expect((await runCli(['copy', from, target, '--replace', '--name', 'other'])).code).toBe(3)
    expect((await runCli(['copy', from, from])).code).toBe(2)
  })
})

it('reading changes nothing on disk', async () => {
  const dir = scratch()
  await makeSample(dir)
  const before = contentsOf(dir)
  for (const argv of [
    ['ls', dir],
    ['verify', dir],
    ['show', dir, 'app', 'peers'],
    ['export', dir],
    ['diff', dir, '1', '2'],
    ['repair', dir],
  ]) {
    await runCli(argv)
    expect(contentsOf(dir), argv[0]).toEqual(before)
  }
})

describe('verify and repair', () => {
  it('finds a damaged head, repairs it, and loses nothing that is whole', async () => {
    const dir = scratch()
    await makeSample(dir)
    expect((await runCli(['verify', dir])).code).toBe(0)
    damage(dir, key => key.startsWith('app/@head/000000000002'))
    const found = await reportOf<{ ok: boolean; caches: object[] }>(['verify', dir], 1)
    expect(found).toMatchObject({
      ok: false,
      caches: [{ cache: 'app', ok: false, whole: [1], problems: [{ code: 'HEAD_CORRUPT' }] }],
    })
    const damaged = contentsOf(dir)
    const asked = await runCli(['repair', dir])
    expect([asked.code, asked.stdout]).toEqual([2, expect.stringContaining('would remove 1 key, generations 1 stay')])
    expect(contentsOf(dir)).toEqual(damaged)
    expect(await reportOf(['repair', dir, '--yes'])).toMatchObject({ done: true, repairs: [{ kept: [1] }] })
    expect((await runCli(['verify', dir])).code).toBe(0)
    await using store = await FileStore.open(dir)
    expect((await sampleCache(store).load())?.state).toEqual(sampleState())
    expect((await runCli(['repair', dir])).stdout).toBe('there is nothing to repair\n')
  })

  it('falls back as a load does, and says so', async () => {
    const dir = scratch()
    await makeSample(dir)
    damage(dir, key => key.startsWith('app/@head/000000000002'))
    const { code, stdout, stderr } = await runCli(['show', dir, 'app', 'dns'])
    expect([code, stdout]).toEqual([0, "[ '1.1.1.1' ]\n"])
    expect(stderr).toContain('passed over')
  })

  it('a damaged segment is damage to show, and to export where nothing else is whole', async () => {
    const dir = scratch()
    {
      await using store = await FileStore.open(dir)
      const state = sampleState()
      state.peers[0]!.note = 'x'.repeat(20_000)
      await sampleCache(store).store(state)
    }
    damage(dir, key => key.startsWith('app/peers/'))
    expect((await runCli(['show', dir, 'app', 'peers'])).code).toBe(8)
    expect((await runCli(['show', dir, 'app', 'dns'])).code).toBe(0)
    expect((await runCli(['export', dir])).code).toBe(8)
    const { stdout } = await runCli(['verify', dir])
    expect(stdout).toContain('SEGMENT_CORRUPT')
  })

  it('leaves a cache alone of which no generation is whole, unless it is to be discarded', async () => {
    const dir = scratch()
    {
      await using store = await FileStore.open(dir)
      const state = sampleState()
      state.peers[0]!.note = 'x'.repeat(20_000)
      await sampleCache(store).store(state)
      await sampleCache(store).store({ ...state, dns: ['9.9.9.9'] })
      await sampleCache(store, 'good').store(sampleState())
      await sampleCache(store, 'good').store({ ...sampleState(), dns: [] })
    }
    // Both generations have the base of this column.
    damage(dir, key => key.startsWith('app/peers/'))
    damage(dir, key => key.startsWith('good/@head/000000000002'))
    const before = contentsOf(dir)
    const asked = await runCli(['repair', dir, 'app'])
    expect(asked).toEqual({
      code: 1,
      stderr: '',
      stdout: expect.stringMatching(/^app: left alone: no generation .*\n$/),
    })
    expect((await runCli(['repair', dir])).code).toBe(2)
    const thrown = await runCli(['repair', dir, 'app', '--discard'])
    expect([thrown.code, thrown.stdout]).toEqual([
      2,
      expect.stringMatching(/^app: would remove \d keys, nothing stays$/m),
    ])
    expect(contentsOf(dir)).toEqual(before)
    expect(await reportOf(['repair', dir, '--yes'], 1)).toMatchObject({
      repairs: [
        { name: 'app', removed: [], left: expect.stringContaining('--discard'), damaged: true },
        { name: 'good', kept: [1] },
      ],
    })
    expect((await runCli(['show', dir, 'app', 'dns'])).stdout).toBe("[ '9.9.9.9' ]\n")
    {
      await using store = await FileStore.open(dir)
      expect((await sampleCache(store).load({ columns: ['dns'] }))?.state).toEqual({ dns: ['9.9.9.9'] })
    }
    expect(await reportOf(['repair', dir, '--yes', '--discard'])).toMatchObject({
      repairs: [{ discarded: true }, { name: 'good', kept: [1], removed: [] }],
    })
    expect((await runCli(['verify', dir, 'app'])).code).toBe(3)
    expect((await runCli(['verify', dir, 'good'])).code).toBe(0)
  })

  it('cleans what is left of a cache that has no head', async () => {
    const dir = scratch()
    await makeSample(dir)
    {
      await using store = await FileStore.open(dir)
      await sampleCache(store).store({ ...sampleState(), dns: ['x'.repeat(20_000)] })
      for await (const key of store.list('app/@head/')) await store.remove(key)
    }
    expect(readdirSync(dir)).not.toEqual([])
    expect((await runCli(['repair', dir, '--yes'])).code).toBe(0)
    expect(readdirSync(dir)).toEqual([])
  })

  it('never touches what it cannot judge', async () => {
    const names = readdirSync(fixture('format/broken')).filter(name => name.endsWith('newer'))
    expect(names.length).toBeGreaterThan(0)
    for (const name of names) {
      const source = fixture(`format/broken/${name}`)
      const dir = join(scratch(), 'copy')
      await cp(source, dir, { recursive: true })
      const before = contentsOf(dir)
      expect(await reportOf(['repair', dir, '--yes'])).toMatchObject({
        repairs: [{ removed: [], left: expect.any(String) }],
      })
      expect(contentsOf(dir)).toEqual(before)
    }
  })

  it('every broken fixture is a problem, and every good one is not', async () => {
    for (const name of readdirSync(fixture('format/broken'))) {
      expect((await runCli(['verify', fixture(`format/broken/${name}`)])).code, name).toBe(1)
    }
    const sealed = (name: string): boolean => name.startsWith('sealed')
    for (const name of readdirSync(fixture('format/v1')).filter(each => !sealed(each))) {
      expect((await runCli(['verify', fixture(`format/v1/${name}`)])).code, name).toBe(0)
    }
  })
})

describe('sealed caches', () => {
  it('are opened with a key file, and left alone without', async () => {
    const [dir, keys] = [scratch(), join(scratch(), 'keys.json')]
    const key = new Uint8Array(32).fill(7)
    {
      await using store = await FileStore.open(dir)
      const cache = new SnapshotCache<Sample>(store, { name: 'app', codec: aesGcm('auto', [{ id: 'k', key }]) })
      await cache.store(sampleState())
    }
    writeFileSync(keys, JSON.stringify([{ id: 'k', key: Buffer.from(key).toString('base64') }]), { mode: 0o600 })
    const sealed = await runCli(['show', dir, 'app', 'dns'])
    expect([sealed.code, sealed.stderr]).toEqual([8, expect.stringContaining('--key-file')])
    expect((await runCli(['ls', dir])).stdout).toContain('sealed: see --key-file')
    expect((await runCli(['verify', dir])).stdout).toMatch(/DECRYPT_FAILED .*; see --key-file$/m)
    expect(await reportOf(['repair', dir, '--yes'])).toMatchObject({ repairs: [{ removed: [] }] })
    expect((await runCli(['show', dir, 'app', 'dns', '--key-file', keys])).stdout).toBe("[ '1.1.1.1' ]\n")
    expect((await runCli(['verify', dir, '--key-file', keys])).code).toBe(0)
    const copy = join(scratch(), 'copy')
    expect((await runCli(['copy', dir, copy, '--key-file', keys])).code).toBe(0)
    expect((await runCli(['show', copy, 'app', 'dns'])).code).toBe(8)
  })

  it.each(['', '[]', '[{}]', '[{"id":"k","key":"AAAA"}]', '{"id":"k"}'])('%j is no key file', async text => {
    const [dir, keys] = [scratch(), join(scratch(), 'keys.json')]
    await makeSample(dir)
    writeFileSync(keys, text, { mode: 0o600 })
    expect((await runCli(['ls', dir, '--key-file', keys])).code).toBe(2)
    expect((await runCli(['ls', dir, '--key-file', `${keys}.none`])).code).toBe(3)
  })
})

describe("Tailscale's directories", () => {
  const theirs = fixture('netmapcache/realistic/dir')

  it('are listed, shown, checked, exported and copied byte for byte', async () => {
    expect(await reportOf(['ls', theirs])).toMatchObject({ kind: 'tailscale', caches: [], otherKeys: 0 })
    const shown = await reportOf<{ columns: { name: string; count: number }[] }>(['show', theirs, 'netmap'])
    expect(shown.columns.find(({ name }) => name === 'Peers')?.count).toBe(5)
    expect((await runCli(['verify', theirs])).code).toBe(0)
    const to = join(scratch(), 'copy')
    expect((await runCli(['copy', theirs, to])).code).toBe(0)
    expect(contentsOf(to)).toEqual(contentsOf(theirs))
    expect((await runCli(['copy', theirs, to])).code).toBe(9)
    expect((await runCli(['diff', theirs, to])).code).toBe(0)
    expect((await runCli(['show', theirs, 'netmap', 'Peers', '-g', '1'])).code).toBe(2)
    expect((await runCli(['show', theirs, 'app'])).code).toBe(3)
  })

  it('are repaired record by record', async () => {
    const dir = join(scratch(), 'copy')
    await cp(theirs, dir, { recursive: true })
    const peer = readdirSync(dir).find(name => keyFromHex(name)?.startsWith('peer-'))!
    writeFileSync(join(dir, peer), '{"Node":')
    expect(await reportOf(['verify', dir], 1)).toMatchObject({ records: [{ code: 'DECODE_FAILED' }] })
    expect((await runCli(['repair', dir])).code).toBe(2)
    expect((await runCli(['repair', dir, '--yes'])).code).toBe(0)
    expect((await runCli(['verify', dir])).code).toBe(0)
    expect(readdirSync(dir)).toHaveLength(readdirSync(theirs).length - 1)
    rmSync(join(dir, Buffer.from('self').toString('hex')))
    expect((await runCli(['verify', dir])).code).toBe(1)
    expect((await runCli(['show', dir, 'netmap'])).code).toBe(3)
  })

  it('take no cache of ours, whose keys their owner would remove', async () => {
    const [dir, ours] = [join(scratch(), 'copy'), scratch()]
    await cp(theirs, dir, { recursive: true })
    await makeSample(ours)
    expect((await runCli(['copy', ours, dir])).code).toBe(2)
    expect(contentsOf(dir)).toEqual(contentsOf(theirs))
  })
})

describe('diff', () => {
  it('tells what two generations differ in', async () => {
    const dir = scratch()
    await makeSample(dir)
    const { differences } = await reportOf<{ differences: object[] }>(['diff', dir, '1', '2'], 1)
    expect(differences).toEqual([
      { column: 'dns', change: 'value' },
      { column: 'peers', change: 'elements', added: ['new'], removed: ['n0'], changed: [], reordered: false },
      { column: 'users', change: 'elements', added: [], removed: ['7'], changed: [], reordered: false },
    ])
    expect((await runCli(['diff', dir, '2', '2'])).code).toBe(0)
    expect((await runCli(['diff', dir, '1', '7'])).code).toBe(3)
    expect((await runCli(['diff', dir, '1', 'x'])).code).toBe(2)
  })

  it('tells what two directories differ in, order included', async () => {
    const [a, b] = [scratch(), scratch()]
    await makeSample(a)
    {
      await using store = await FileStore.open(b)
      await using from = await FileStore.open(a, { readOnly: true })
      await copySnapshot(from, store)
      const cache = sampleCache(store)
      const { state } = (await cache.load())!
      const { dns: _, ...rest } = state
      await cache.store({ ...rest, more: 1, peers: [...state.peers].reverse() } as never)
    }
    const { differences } = await reportOf<{ differences: object[] }>(['diff', a, b], 1)
    expect(differences).toEqual([
      { column: 'dns', change: 'removed' },
      { column: 'peers', change: 'elements', added: [], removed: [], changed: [], reordered: true },
      { column: 'more', change: 'added' },
    ])
    expect((await runCli(['diff', a, b])).stdout).toContain('in another order')
  })
})

it('a writer that sweeps meanwhile is no problem', async () => {
  const store = new MemoryStore()
  const big = 'x'.repeat(20_000)
  const cache = new SnapshotCache<{ text: string }>(store, { name: 'app' })
  await cache.store({ text: `${big}first` })
  let writes = 0
  // The first look at a segment comes after three more stores: it was swept.
  const load: Store['load'] = async (key, options) => {
    if (key.startsWith('app/text/') && writes === 0)
      for (; writes < 3; writes++) await cache.store({ text: big + writes })
    return await store.load(key, options)
  }
  const moving: Store = { ...boundStore(store), load }
  const call = { cipher: undefined, signal: new AbortController().signal, progress: new ProgressBar(silentIo) }
  expect(await checkCaches(moving, 'app', call)).toMatchObject([{ ok: true, whole: [4, 3], problems: [] }])
  expect(writes).toBe(3)
})

/** The methods of a store that lists, stores and removes as it is. */
function boundStore(store: Store): Store {
  return {
    list: (prefix, options) => store.list(prefix, options),
    load: (key, options) => store.load(key, options),
    store: (key, value, options) => store.store(key, value, options),
    remove: (key, options) => store.remove(key, options),
  }
}
