import { execFile, spawnSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringifyExact } from '../../src/codec/json-writer.ts'
import { parseExact } from '../../src/codec/parse-exact.ts'
import type { LoadedNetmap, Netmap } from '../../src/netmap/netmap.ts'
import { PlainNetmapCache } from '../../src/netmap/plain-cache.ts'
import { structs } from '../../src/netmap/schema.ts'
import type { Node } from '../../src/netmap/tailcfg.ts'
import { FileStore } from '../../src/store/file-store.ts'
import { arbitraryNetmap } from '../netmap/arbitrary-netmap.ts'
import { asFresh, cases, fixture, readJson, readRecords, withDirectory } from '../netmap/fixtures.ts'

const run = promisify(execFile)
const program = fileURLToPath(new URL('./netmapcache/', import.meta.url))

// `COLDSNAP_INTEROP=require` (CI) makes a missing Go a failure instead of a skip with its reason.
const isRequired = process.env['COLDSNAP_INTEROP'] === 'require'
const hasGo = spawnSync('go', ['version']).status === 0
const reason = hasGo || isRequired ? '' : ' (left out: no `go` on the PATH; install Go 1.26 to run it)'
if (reason !== '') console.log(`Interop with Tailscale's netmapcache${reason}`)

describe.skipIf(reason !== '')(`with Tailscale's netmapcache${reason}`, () => {
  let done: () => void = () => {}
  let scratch = ''
  let binary = ''
  let count = 0

  beforeAll(async () => {
    // The directory lives as long as `done` is not called.
    await new Promise<void>((resolve, reject) => {
      withDirectory(directory => {
        scratch = directory
        resolve()
        return new Promise<void>(end => {
          done = end
        })
      }).catch(reject)
    })
    binary = join(scratch, 'netmapcache')
    await run('go', ['build', '-o', binary, '.'], { cwd: program })
  }, 600_000)

  afterAll(() => done())

  async function go(...args: string[]): Promise<string> {
    const { stdout } = await run(binary, args, { maxBuffer: 1 << 28 })
    return stdout
  }

  async function goLoad(directory: string): Promise<LoadedNetmap> {
    return parseExact(await go('load', directory)) as LoadedNetmap
  }

  async function emptyDirectory(): Promise<string> {
    const directory = join(scratch, String(count++))
    await mkdir(directory)
    return directory
  }

  async function withCache<T>(directory: string, use: (cache: PlainNetmapCache) => Promise<T>): Promise<T> {
    const store = await FileStore.open(directory, { durability: 'process' })
    try {
      return await use(new PlainNetmapCache(store))
    } finally {
      await store.close()
    }
  }

  async function ourLoad(directory: string): Promise<LoadedNetmap | undefined> {
    const snapshot = await withCache(directory, cache => cache.load())
    expect(snapshot?.report.problems).toEqual([])
    return snapshot?.state
  }

  /** Stores with us, then holds Go to it: it loads the same state, and stores that with the same bytes. */
  async function checkOurStore(netmap: Netmap): Promise<void> {
    const [ours, theirs] = [await emptyDirectory(), await emptyDirectory()]
    await withCache(ours, cache => cache.store(asFresh(netmap)))
    // Through JSON, because a float beyond 2^53 is a number in our state, and Go's output does not tell its types.
    expect(parseExact(stringifyExact(await ourLoad(ours)))).toEqual(await goLoad(ours))
    await go('rewrite', ours, theirs)
    expect(await readRecords(ours)).toEqual(await readRecords(theirs))
  }

  /** Stores with Go, then holds us to it. */
  async function checkGoStore(netmapJson: string): Promise<LoadedNetmap> {
    const [ours, theirs, file] = [await emptyDirectory(), await emptyDirectory(), join(scratch, `${count++}.json`)]
    await writeFile(file, netmapJson)
    await go('store', theirs, file)
    const state = await ourLoad(theirs)
    if (state === undefined) throw new Error('Nothing loaded')
    expect(state).toEqual(await goLoad(theirs))
    await withCache(ours, cache => cache.store(asFresh(state)))
    expect(await readRecords(ours)).toEqual(await readRecords(theirs))
    return state
  }

  it('has the schema table of the Go types', async () => {
    const types = JSON.parse(await go('schema')) as Record<string, [string, string][]>
    const table = Object.entries(structs).map(([name, fields]) => [name, Object.entries(fields)])
    expect(Object.fromEntries(table)).toEqual(types)
  })

  it.each(cases)('exchanges the recorded case %s both ways', async name => {
    const state = await readJson<Netmap>(name, 'loaded.json')
    await checkOurStore(state)
    await checkGoStore(stringifyExact(state))
  })

  it('agrees on netmaps of any form', async () => {
    await fc.assert(fc.asyncProperty(arbitraryNetmap, checkOurStore), { numRuns: 60 })
  })

  it('agrees on 2,000 peers with integers beyond 2^53', async () => {
    const state = await readJson<Netmap>('realistic', 'loaded.json')
    const [template] = state.Peers ?? []
    if (template === undefined) throw new Error('The recorded case has peers')
    const peers = Array.from(
      { length: 2_000 },
      (_, i): Node => ({
        ...template,
        // Neighbours that a double cannot tell apart, in falling order.
        ID: 2n ** 60n + BigInt(2_000 - i),
        StableID: `n${i}CNTRL`,
        Name: `host-${i}.日本🦔\u2028<&>.ts.net.`,
        CapMap: { limits: [2n ** 70n + BigInt(i), i / 7], [`${i}`]: null },
      }),
    )
    await checkOurStore({ ...state, Peers: peers })
    const loaded = await checkGoStore(stringifyExact({ ...state, Peers: peers }))
    expect(loaded.Peers?.map(peer => peer.ID)).toEqual(peers.map(peer => peer.ID).reverse())
  })

  it('agrees on raw JSON that is spelled unlike JavaScript would', async () => {
    const raw = String.raw`[1.0, 1e5, 1E400, -0, -0.0, 0.10000000000000000555, 1e-7, 12345678901234567890123,
      "\/\u00e9\ud800", "<&>", {"10": 1, "9": [2.50], "b": {"a": 1, "a": 2}, "\u0061": " x  "}, {"__proto__": {"x": 1.0}}, [[1.00]]]`
    const json = stringifyExact(await readJson<Netmap>('realistic', 'loaded.json'))
    const state = await checkGoStore(json.replace('"CapMap":{', () => `"CapMap":{"test":${raw},`))
    const values = [state.SelfNode, ...(state.Peers ?? [])].map(node => node.CapMap?.['test']).find(Array.isArray)
    expect(values?.slice(0, 2)).toEqual([1, 100_000])
    expect(values?.[7]).toBe(12345678901234567890123n)
  })

  it('updates a directory of the other, step by step', async () => {
    interface Steps {
      readonly update: readonly Node[]
      readonly remove: readonly string[]
      readonly next: Netmap
    }
    const { update, remove, next } = await readJson<Steps>('steps', 'steps.json')
    const [directory, peersFile, nextFile] = [
      await emptyDirectory(),
      join(scratch, 'peers.json'),
      join(scratch, 'next.json'),
    ]
    await writeFile(peersFile, stringifyExact({ update, remove }))
    await writeFile(nextFile, stringifyExact(next))
    await withCache(directory, async cache =>
      cache.store(asFresh(await readJson<Netmap>('steps', '0-store.loaded.json'))),
    )
    await go('update-peers', directory, peersFile)
    expect(await readRecords(directory)).toEqual(await readRecords(fixture('steps', '1-update-peers')))
    await withCache(directory, cache => cache.updateSelf(next))
    expect(await readRecords(directory)).toEqual(await readRecords(fixture('steps', '2-update-self')))
    await go('store', directory, nextFile)
    expect(await readRecords(directory)).toEqual(await readRecords(fixture('steps', '3-store-other')))
  })

  it('is read by Go while our store is open, lock and all', async () => {
    const directory = await emptyDirectory()
    const state = await readJson<Netmap>('realistic', 'loaded.json')
    await withCache(directory, async cache => {
      await cache.store(asFresh(state))
      expect(await goLoad(directory)).toEqual(state)
      const [peer] = state.Peers ?? []
      await cache.updatePeers([], [peer?.StableID ?? ''])
      expect((await goLoad(directory)).Peers).toEqual(state.Peers?.slice(1))
    })
  })
})
