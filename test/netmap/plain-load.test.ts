import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Netmap } from '../../src/netmap/netmap.ts'
import { PlainNetmapCache } from '../../src/netmap/plain-cache.ts'
import type { Node } from '../../src/netmap/tailcfg.ts'
import type { Report } from '../../src/snapshot/report.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import {
  asFresh,
  encodeText as bytes,
  fixture,
  readJson,
  readRecords,
  recordsOf,
  storeOf,
  watched,
} from './fixtures.ts'

const realistic = asFresh(await readJson<Netmap>('realistic', 'loaded.json'))
const recorded = await readRecords(fixture('realistic', 'dir'))
const peers = realistic.Peers ?? []
const peerRecord = `peer-${peers[0]?.StableID}`

describe('load', () => {
  it('is undefined without a self node', async () => {
    expect(await new PlainNetmapCache(new MemoryStore()).load()).toBeUndefined()
    const records = new Map(recorded)
    records.delete('self')
    expect(await new PlainNetmapCache(await storeOf(records)).load()).toBeUndefined()
  })

  it('gives absent columns the zero values of Go', async () => {
    const cache = new PlainNetmapCache(await storeOf(new Map([['self', recorded.get('self') ?? '']])))
    expect((await cache.load())?.state).toEqual({
      SelfNode: realistic.SelfNode,
      NodeKey: realistic.SelfNode.Key,
      AllCaps: realistic.AllCaps,
      Cached: true,
      Peers: null,
      UserProfiles: null,
      DNS: {},
      DERPMap: null,
      SSHPolicy: null,
      PacketFilterRules: null,
      MachineKey: `mkey:${'0'.repeat(64)}`,
      CollectServices: false,
      DisplayMessages: null,
      TKAEnabled: false,
      TKAHead: 'A'.repeat(52),
      Domain: '',
      DomainAuditLogID: '',
    })
  })

  it('sorts peers by IDs that doubles cannot tell apart', async () => {
    const ids = [2n ** 60n + 2n, 2n ** 60n, 3, 2n ** 60n + 1n]
    const store = new MemoryStore()
    const many = ids.map((ID, i) => ({ ...peers[0], ID, StableID: `n${i}` }) as Node)
    await new PlainNetmapCache(store).store({ ...realistic, Peers: many })
    const loaded = await new PlainNetmapCache(store).load()
    expect(loaded?.state.Peers?.map(({ ID }) => ID)).toEqual([3, 2n ** 60n, 2n ** 60n + 1n, 2n ** 60n + 2n])
  })

  const broken = [
    '',
    '{',
    '[]',
    'null',
    '7',
    '{}',
    '{"node":{}}',
    '{"Node":[]}',
    '{"Node":null}',
    '{"Node":{"ID":"7"}}',
    '\u0000',
    '{"Node":{}}x',
  ]
  it.each(broken)('loses the peer, and only it, whose record is %j', async text => {
    const reports: Report[] = []
    const cache = new PlainNetmapCache(await storeOf(new Map([...recorded, [peerRecord, text]])), {
      onReport: report => reports.push(report),
    })
    const snapshot = await cache.load()
    expect(snapshot?.state).toEqual({ ...realistic, Peers: peers.slice(1), Cached: true })
    expect(snapshot?.report.problems).toMatchObject([
      {
        code: 'DECODE_FAILED',
        key: peerRecord,
        message: expect.stringContaining(`Cannot read record ${peerRecord}: `),
      },
    ])
    expect(reports).toEqual([snapshot?.report])
    // It is written again by the next store.
    expect((await cache.store(realistic)).written).toEqual([peerRecord])
  })

  it('takes bytes that are not UTF-8, and a record under the key of another, for broken', async () => {
    const store = await storeOf(recorded)
    await store.store('dns', Uint8Array.of(0x7b, 0xff))
    await store.store('peer-copy', bytes(recorded.get(peerRecord) ?? ''))
    await store.store('user-5', bytes(recorded.get('user-1000000000') ?? ''))
    const snapshot = await new PlainNetmapCache(store).load()
    expect(snapshot?.state).toEqual({ ...realistic, DNS: {}, Cached: true })
    expect(snapshot?.report.problems.map(problem => problem.key)).toEqual(['dns', 'peer-copy', 'user-5'])
  })

  it('is undefined, with a report, when the self node is broken', async () => {
    const reports: Report[] = []
    const cache = new PlainNetmapCache(await storeOf(new Map([...recorded, ['self', '{"Node":']])), {
      onReport: report => reports.push(report),
    })
    expect(await cache.load()).toBeUndefined()
    expect(reports).toMatchObject([{ problems: [{ code: 'DECODE_FAILED', key: 'self' }] }])
  })

  it('never throws for stored garbage', async () => {
    const key = fc.constantFrom('self', 'msic', 'dns', 'derpmap', 'filter', 'ssh', peerRecord, 'user-1000000000')
    await fc.assert(
      fc.asyncProperty(key, fc.nat(), fc.uint8Array({ maxLength: 8 }), async (damaged, at, garbage) => {
        const original = bytes(recorded.get(damaged) ?? '')
        const position = at % original.length
        const store = await storeOf(recorded)
        await store.store(
          damaged,
          Uint8Array.of(...original.slice(0, position), ...garbage, ...original.slice(position + 1)),
        )
        await new PlainNetmapCache(store).load()
      }),
      { numRuns: 300 },
    )
  })

  it('rejects when a read fails: that is not a miss', async () => {
    const { store, failing } = watched(await storeOf(recorded))
    failing.add('load dns')
    await expect(new PlainNetmapCache(store).load()).rejects.toMatchObject({ code: 'STORE_FULL' })
  })

  it('keeps fields that a newer Tailscale has', async () => {
    const self = (recorded.get('self') ?? '').replace('{"Node":{', '{"Node":{"Newer":{"b":12345678901234567890,"a":1},')
    const store = await storeOf(new Map([...recorded, ['self', self]]))
    const state = (await new PlainNetmapCache(store).load())?.state
    expect(state?.SelfNode).toMatchObject({ Newer: { b: 12345678901234567890n, a: 1 } })
    const other = new MemoryStore()
    await new PlainNetmapCache(other).store(asFresh(state as Netmap))
    const known = (recorded.get('self') ?? '').slice(0, -'}}'.length)
    expect((await recordsOf(other)).get('self')).toBe(`${known},"Newer":{"b":12345678901234567890,"a":1}}}`)
  })
})
