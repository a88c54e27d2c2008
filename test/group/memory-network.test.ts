import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { entryUntil } from '../../src/group/entry.ts'
import { MemoryNetwork } from '../../src/group/memory-network.ts'
import type { PeerAnswer, PeerService } from '../../src/group/peer-service.ts'

const key = Uint8Array.of(1, 2, 3)
const value = (text: string): PeerAnswer => ({
  kind: 'value',
  entry: entryUntil(new TextEncoder().encode(text), Number.POSITIVE_INFINITY),
})
const textOf = (answer: PeerAnswer): string =>
  answer.kind === 'value' ? new TextDecoder().decode(answer.entry.value) : answer.kind

/** Answers everything with `text`. */
function echo(text: string): PeerService {
  return {
    get: async () => value(text),
    getMany: async (_, keys) => keys.map(() => value(text)),
    set: async () => {},
    remove: async () => {},
    removeMany: async () => {},
  }
}

/** A network with the node `b` and a client of it at `a`. */
function pair(service: PeerService = echo('b')) {
  const network = new MemoryNetwork()
  const stop = network.serve('b', service)
  return { network, stop, peer: network.transport('a').connect('b') }
}

describe('MemoryNetwork', () => {
  it('counts calls by address and method, as a client makes them', async () => {
    const { network, peer } = pair()
    await peer.get('g', key)
    await peer.get('g', key)
    await peer.getMany('g', [key, key])
    await peer.set('g', key, entryUntil(key, 5))
    await peer.remove('g', key)
    await peer.removeMany('g', [key])
    await expect(network.transport('a').connect('c').get('g', key)).rejects.toMatchObject({ code: 'PEER_FAILED' })
    expect(network.calls.get('b')).toEqual({ get: 2, getMany: 1, set: 1, remove: 1, removeMany: 1 })
    expect(network.calls.get('c')).toMatchObject({ get: 1, set: 0 })
    network.resetCalls()
    expect(network.calls.size).toBe(0)
  })

  it('cuts two addresses in both directions, breaks their calls under way, and heals', async () => {
    const network = new MemoryNetwork()
    for (const name of ['a', 'b', 'c']) network.serve(name, echo(name))
    const ask = (from: string, to: string): Promise<string> =>
      network
        .transport(from)
        .connect(to)
        .get('g', key)
        .then(textOf, error => error.code)
    network.partition('a', 'b')
    network.partition('b', 'c')
    const [ab, ba, ac, cb] = ['PEER_FAILED', 'PEER_FAILED', 'c', 'PEER_FAILED']
    expect(await Promise.all([ask('a', 'b'), ask('b', 'a'), ask('a', 'c'), ask('c', 'b')])).toEqual([ab, ba, ac, cb])
    network.heal('a', 'b')
    expect(await Promise.all([ask('a', 'b'), ask('b', 'a'), ask('c', 'b')])).toEqual(['b', 'a', 'PEER_FAILED'])
    network.heal()
    expect(await ask('c', 'b')).toBe('b')
    network.fault('b', { isHanging: true })
    const [cut, whole] = [ask('a', 'b'), ask('c', 'b')]
    network.partition('b', 'a')
    expect(await cut).toBe('PEER_FAILED')
    network.partition('c', 'b')
    expect(await whole).toBe('PEER_FAILED')
    network.heal('c')
    network.fault('b', {})
    expect(await Promise.all([ask('c', 'b'), ask('a', 'b')])).toEqual(['b', 'PEER_FAILED'])
  })

  it('fails so many calls, then works again', async () => {
    const { network, peer } = pair()
    network.fault('b', { failNext: 2 })
    const codes: string[] = []
    for (let i = 0; i < 3; i++) codes.push(await peer.get('g', key).then(textOf, error => error.code))
    expect(codes).toEqual(['PEER_FAILED', 'PEER_FAILED', 'b'])
  })

  it('a hanging node is ended by the signal, by close and by stop, and leaves no listener', async () => {
    const { network, peer, stop } = pair()
    network.fault('b', { isHanging: true })
    const caller = new AbortController()
    const calls = [peer.get('g', key, { signal: caller.signal })]
    caller.abort('enough')
    await expect(calls[0]).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' })
    expect(getEventListeners(caller.signal, 'abort').length).toBe(0)
    const [other, third] = [network.transport('a').connect('b'), network.transport('a').connect('b')]
    calls.push(peer.get('g', key), other.get('g', key))
    await peer.close()
    await expect(calls[1]).rejects.toMatchObject({ code: 'PEER_FAILED' })
    stop()
    await expect(calls[2]).rejects.toMatchObject({ code: 'PEER_FAILED' })
    network.fault('b', {})
    await expect(third.get('g', key)).rejects.toMatchObject({ code: 'PEER_FAILED' })
    network.serve('b', echo('again'))
    stop()
    expect(textOf(await third.get('g', key))).toBe('again')
  })

  it('delays calls, unless they are aborted meanwhile', async () => {
    const seen: string[] = []
    const { network, peer } = pair({ ...echo('b'), remove: async () => void seen.push('remove') })
    network.fault('b', { delayMs: 20 })
    const startedMs = performance.now()
    expect(textOf(await peer.get('g', key))).toBe('b')
    expect(performance.now() - startedMs).toBeGreaterThan(18)
    network.fault('b', { delayMs: 600_000 })
    const caller = new AbortController()
    const removal = peer.remove('g', key, { signal: caller.signal })
    caller.abort()
    await expect(removal).rejects.toMatchObject({ code: 'ABORTED' })
    expect(seen).toEqual([])
  })

  it('lets a test decide when a call goes on; one that was aborted before never arrives', async () => {
    const seen: string[] = []
    const { network, peer } = pair({ ...echo('b'), remove: async () => void seen.push('remove') })
    const gates: (() => void)[] = []
    network.fault('b', {
      before: method => {
        seen.push(method)
        return new Promise(resolve => gates.push(resolve))
      },
    })
    const caller = new AbortController()
    const [lost, arrives] = [peer.remove('g', key, { signal: caller.signal }), peer.get('g', key)]
    caller.abort()
    await expect(lost).rejects.toMatchObject({ code: 'ABORTED' })
    for (const open of gates) open()
    expect(textOf(await arrives)).toBe('b')
    expect(seen).toEqual(['remove', 'get'])
  })

  it('lies', async () => {
    const { network, peer } = pair()
    network.fault('b', { lie: answer => (answer.kind === 'value' ? value('lie') : answer) })
    expect(textOf(await peer.get('g', key))).toBe('lie')
    expect((await peer.getMany('g', [key, key])).map(textOf)).toEqual(['lie', 'lie'])
  })

  it('fails a node that answers fewer keys than were asked', async () => {
    const { peer } = pair({ ...echo('b'), getMany: async () => [value('one')] })
    await expect(peer.getMany('g', [key, key])).rejects.toMatchObject({ code: 'PEER_FAILED' })
  })

  it('tells the node when its caller is gone', async () => {
    let its: AbortSignal | undefined
    const { peer } = pair({
      ...echo('b'),
      get: (_, __, options) => {
        its = options?.signal
        return new Promise(() => {})
      },
    })
    const caller = new AbortController()
    const call = peer.get('g', key, { signal: caller.signal })
    await Promise.resolve()
    expect(its?.aborted).toBe(false)
    caller.abort()
    await expect(call).rejects.toMatchObject({ code: 'ABORTED' })
    expect(its?.aborted).toBe(true)
  })

  it('a closed transport closes its clients, not those of others', async () => {
    const { network } = pair()
    const [mine, other] = [network.transport('a'), network.transport('a')]
    const [closed, open] = [mine.connect('b'), other.connect('b')]
    await mine.close?.()
    await expect(closed.get('g', key)).rejects.toMatchObject({ code: 'PEER_FAILED' })
    expect(textOf(await open.get('g', key))).toBe('b')
  })

  it('refuses wrong addresses and faults', () => {
    const { network } = pair()
    expect(() => network.serve('b', echo('b'))).toThrow(expect.objectContaining({ code: 'LISTEN_FAILED' }))
    expect(() => network.transport('')).toThrow(expect.objectContaining({ code: 'INVALID_PEERS' }))
    expect(() => network.transport('a').connect(5 as never)).toThrow(TypeError)
    expect(() => network.fault('b', { delayMs: -1 })).toThrow(RangeError)
    expect(() => network.fault('b', { failNext: 0.5 })).toThrow(RangeError)
    expect(() => network.fault('b', { hang: true } as never)).toThrow(/Unknown option hang/)
  })
})
