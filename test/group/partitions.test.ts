import { describe, expect, it } from 'vitest'
import { CacheError } from '../../src/errors.ts'
import { entryUntil } from '../../src/group/entry.ts'
import { Partitions } from '../../src/group/partitions.ts'
import type { PeerAnswer, PeerCallOptions, PeerService } from '../../src/group/peer-service.ts'
import type { Transport } from '../../src/group/transport.ts'

const key = new Uint8Array([1])
const entry = entryUntil(new Uint8Array([2]), 5)

/** Calls that succeed, or hang until their signal aborts. */
function transportOf(isHanging: () => boolean): Transport & { closed: number } {
  const call = async (options: PeerCallOptions | undefined): Promise<void> => {
    if (!isHanging()) return
    await new Promise((_, reject) => {
      const signal = options?.signal
      signal?.addEventListener('abort', () => reject(new CacheError('ABORTED', 'Ended', { cause: signal.reason })))
    })
  }
  const value: PeerAnswer = { kind: 'value', entry }
  const transport = {
    closed: 0,
    connect: (address: string) => ({
      address,
      get: async (_group: string, _key: Uint8Array, options?: PeerCallOptions) => {
        await call(options)
        return value
      },
      set: async (_group: string, _key: Uint8Array, _entry: unknown, options?: PeerCallOptions) => await call(options),
      remove: async (_group: string, _key: Uint8Array, options?: PeerCallOptions) => await call(options),
      removeMany: async (_group: string, _keys: unknown, options?: PeerCallOptions) => await call(options),
      getMany: async (_group: string, _keys: unknown, options?: PeerCallOptions) => {
        await call(options)
        return [value]
      },
      close: async () => {
        transport.closed++
      },
    }),
    close: async () => {
      transport.closed++
    },
  }
  return transport
}

function callsOf(peer: PeerService, options?: PeerCallOptions): Promise<unknown>[] {
  return [
    peer.get('g', key, options),
    peer.set('g', key, entry, options),
    peer.remove('g', key, options),
    peer.removeMany('g', [key], options),
    peer.getMany('g', [key], options),
  ]
}

const codes = async (calls: readonly Promise<unknown>[]): Promise<(string | undefined)[]> =>
  (await Promise.allSettled(calls)).map(each => (each.status === 'rejected' ? each.reason.code : undefined))

const five = <T>(value: T): T[] => Array.from({ length: 5 }, () => value)

describe('Partitions', () => {
  it('a cut lets calls fail in both directions, and no others, until it heals', async () => {
    const partitions = new Partitions()
    const connect = (from: string, to: string): PeerService =>
      partitions
        .transport(
          transportOf(() => false),
          () => from,
        )
        .connect(to)
    partitions.cut('a:1', 'b:1')
    expect(await codes(callsOf(connect('a:1', 'b:1')))).toEqual(five('PEER_FAILED'))
    expect(await codes(callsOf(connect('b:1', 'a:1')))).toEqual(five('PEER_FAILED'))
    expect(await codes(callsOf(connect('a:1', 'c:1')))).toEqual(five(undefined))
    partitions.heal()
    expect(await codes(callsOf(connect('a:1', 'b:1')))).toEqual(five(undefined))
  })

  it('calls under way fail with the cut, and their work is ended', async () => {
    const partitions = new Partitions()
    const peer = partitions
      .transport(
        transportOf(() => true),
        () => 'a:1',
      )
      .connect('b:1')
    const calls = callsOf(peer, { signal: new AbortController().signal })
    const other = callsOf(peer)
    partitions.cut('b:1', 'a:1')
    expect(await codes([...calls, ...other])).toEqual([...five('PEER_FAILED'), ...five('PEER_FAILED')])
  })

  it("an abort of the caller's is the caller's", async () => {
    const peer = new Partitions()
      .transport(
        transportOf(() => true),
        () => 'a:1',
      )
      .connect('b:1')
    const abort = new AbortController()
    const calls = callsOf(peer, { signal: abort.signal })
    abort.abort()
    expect(await codes(calls)).toEqual(five('ABORTED'))
  })

  it('closes what it wraps', async () => {
    const inner = transportOf(() => false)
    const transport = new Partitions().transport(inner, () => undefined)
    const peer = transport.connect('b:1')
    expect(peer.address).toBe('b:1')
    await peer.close()
    await transport.close?.()
    expect(inner.closed).toBe(2)
  })
})
