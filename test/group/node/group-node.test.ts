import { describe, expect, it } from 'vitest'
import type { Span, Tracer } from '../../../src/core/tracer.ts'
import { GroupNode } from '../../../src/group/node/group-node.ts'
import { tracedTransport } from '../../../src/group/tracing.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'
import { bytes } from '../../store/scratch.ts'

const maxBytes = 1_000_000

describe('GroupNode', () => {
  it('answers other nodes under one secret, and nobody without it', async () => {
    const secret = 'a secret of at least sixteen characters'
    await using one = await GroupNode.listen('127.0.0.1:0', { secret })
    await using two = await GroupNode.listen('127.0.0.1:0', { secret })
    await using stranger = await GroupNode.listen('127.0.0.1:0')
    const nodes = [one, two, stranger]
    for (const node of nodes) {
      node.group('users', { maxBytes, load: () => bytes(String(nodes.indexOf(node))) })
      node.setPeers(
        nodes.map(({ address }) => address),
        { self: node.address },
      )
    }
    const key = Array.from({ length: 1000 }, (_, i) => `${i}/key`).find(each => one.ownerOf(each) === two.address)!
    const get = async (node: GroupNode): Promise<unknown> => await node.getGroup('users')!.get(key)
    expect(await get(one)).toEqual(bytes('1'))
    // Refused by the owner, it loads for itself.
    expect(await get(stranger)).toEqual(bytes('2'))
    expect(one.peers).toEqual(nodes.map(({ address }) => address).sort())
    expect(one.stats()['users']?.peerLoads).toBe(1)
  })

  it('speaks as the ring says: golang/groupcache escapes keys as in a query', async () => {
    await using node = await GroupNode.listen('127.0.0.1:0', { ring: 'groupcacheOriginal' })
    const keys: string[] = []
    node.group('users', { maxBytes, load: key => void keys.push(key) })
    await fetch(`http://${node.address}/_groupcache/users/a+b`)
    await using path = await GroupNode.listen('127.0.0.1:0')
    path.group('users', { maxBytes, load: key => void keys.push(key) })
    await fetch(`http://${path.address}/_groupcache/users/a+b`)
    expect(keys).toEqual(['a b', 'a+b'])
  })

  it('tells who asks it that its port is taken, and leaves nothing open', async () => {
    await using node = await GroupNode.listen('127.0.0.1:0')
    await expect(GroupNode.listen(node.address)).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
    await expect(GroupNode.listen('nonsense')).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
  })

  it('closes its server, stores what was loaded, and leaves the store open', async () => {
    const store = new MemoryStore()
    const node = await GroupNode.listen('127.0.0.1:0', { store })
    const users = node.group('users', { maxBytes, load: () => bytes('alice') })
    await users.get('alice')
    await node.close()
    await node.close()
    await expect(fetch(`http://${node.address}/`)).rejects.toThrow()
    await expect(users.get('alice')).rejects.toMatchObject({ code: 'CLOSED' })
    await using again = await GroupNode.listen(node.address, { store })
    const loads: string[] = []
    again.group('users', { maxBytes, load: key => void loads.push(key), afterRestart: 'trust' })
    expect(await again.getGroup('users')!.get('alice')).toEqual(bytes('alice'))
    expect(loads).toEqual([])
  })

  it('lets a tracer be put around its calls', async () => {
    const names: string[] = []
    const span: Span = { setStatus: () => {}, recordException: () => {}, end: () => {} }
    const tracer: Tracer = {
      startSpan: name => {
        names.push(name)
        return span
      },
    }
    await using owner = await GroupNode.listen('127.0.0.1:0')
    await using node = await GroupNode.listen('127.0.0.1:0', { wrapTransport: inner => tracedTransport(inner, tracer) })
    const peers = [owner.address, node.address]
    for (const each of [owner, node]) {
      each.group('users', { maxBytes, load: key => bytes(key) })
      each.setPeers(peers, { self: each.address })
    }
    const key = Array.from({ length: 1000 }, (_, i) => `${i}/key`).find(each => node.ownerOf(each) === owner.address)!
    await node.getGroup('users')!.get(key)
    expect(names).toEqual(['GroupCache.Get'])
  })

  it('checks its options', async () => {
    const listen = (options: object): Promise<GroupNode> => GroupNode.listen('127.0.0.1:0', options)
    await expect(listen({ port: 1 })).rejects.toThrow(/Unknown option port/)
    await expect(listen({ limits: { maxConnections: 0 } })).rejects.toThrow(RangeError)
  })
})
