import { describe, expect, it } from 'vitest'
import { utf8Decode, utf8Encode } from '../../../src/bytes/utf8.ts'
import { GroupNode, type GroupNodeOptions } from '../../../src/group/node/group-node.ts'
import { atEnd } from './raw.ts'

interface Fleet {
  readonly nodes: readonly GroupNode[]
  readonly loads: readonly string[][]
}

/** Nodes with a group `users` each, whose loader writes down what it is asked. */
async function fleet(size: number, options: GroupNodeOptions = {}): Promise<Fleet> {
  const nodes: GroupNode[] = []
  for (let i = 0; i < size; i++) {
    const node = await GroupNode.listen('127.0.0.1:0', { limits: { closeTimeoutMs: 200 }, ...options })
    atEnd(() => node.close())
    nodes.push(node)
  }
  const loads = nodes.map((): string[] => [])
  for (const [i, node] of nodes.entries()) {
    node.group('users', {
      maxBytes: 1_000_000,
      load: key => {
        loads[i]!.push(key)
        return key.startsWith('none') ? undefined : utf8Encode(`${key}!`)
      },
    })
    node.setPeers(
      nodes.map(({ address }) => address),
      { self: node.address },
    )
  }
  return { nodes, loads }
}

const users = (node: GroupNode) => node.getGroup('users')!
const textOf = (value: unknown): string | undefined =>
  value === undefined ? undefined : utf8Decode(value as Uint8Array)

describe('GroupNode', () => {
  it.each([
    ['plain', {}],
    ['signed', { secret: 'correct horse battery staple' }],
    ['without links', { link: false }],
  ] as const)('joins processes into one cache (%s)', async (_, options) => {
    const { nodes, loads } = await fleet(3, options)
    const keys = ['a', 'b b', '..', '.', 'ü/%?#', ...Array.from({ length: 60 }, (_, i) => `${i * 7919}`)]
    for (const node of nodes) {
      for (const key of keys) expect(textOf(await users(node).get(key))).toBe(`${key}!`)
      expect(await users(node).get('none')).toBeUndefined()
    }
    for (const [i, node] of nodes.entries()) {
      const own = keys.filter(key => node.ownerOf(key) === node.address)
      expect(loads[i]!.filter(key => key !== 'none').sort(), node.address).toEqual(own.sort())
    }
    await users(nodes[0]!).set('a', utf8Encode('new'))
    for (const node of nodes) expect(textOf(await users(node).get('a'))).toBe('new')
    await users(nodes[1]!).remove('a')
    for (const node of nodes) expect(textOf(await users(node).get('a'))).toBe('a!')
    await users(nodes[2]!).removeMany(keys)
    const all = await users(nodes[0]!).getMany(keys)
    expect(all.map(each => each.status === 'fulfilled' && textOf(each.value))).toEqual(keys.map(key => `${key}!`))
  })

  it('goes on when a node is gone, and when it is there again', async () => {
    const { nodes } = await fleet(2)
    const [first, second] = nodes as [GroupNode, GroupNode]
    const key = Array.from({ length: 100 }, (_, i) => `${i * 7919}`).find(
      each => first.ownerOf(each) === second.address,
    )!
    expect(textOf(await users(first).get(key))).toBe(`${key}!`)
    await second.close()
    expect(textOf(await users(first).get(`${key}`))).toBe(`${key}!`)
    await expect(users(first).remove(key)).rejects.toMatchObject({ code: 'PEER_FAILED' })
    expect(textOf(await users(first).get(key))).toBe(`${key}!`)
  })

  it('says where it cannot listen and what it does not know', async () => {
    const { nodes } = await fleet(1)
    await expect(GroupNode.listen(nodes[0]!.address)).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
    await expect(GroupNode.listen('nonsense')).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
    await expect(GroupNode.listen(8080 as never)).rejects.toThrow(TypeError)
    const tls = { cert: 'no certificate', key: 'no key' }
    for (const bad of [{ transport: {} }, { client: { link: true } }, { limits: { maxConnection: 1 } }, { tls }]) {
      await expect(GroupNode.listen('127.0.0.1:0', bad as never)).rejects.toThrow(TypeError)
    }
    await expect(GroupNode.listen('127.0.0.1:0', { secret: 5 as never })).rejects.toThrow(TypeError)
    await expect(GroupNode.listen('127.0.0.1:0', { secret: 'short' })).rejects.toThrow(RangeError)
    for (const address of ['10.0.0.256:80', '10.0.0.1:080', 'http://a/b', 'a b:1', '']) {
      const peers = [nodes[0]!.address, address]
      const refusal = expect.objectContaining({ code: 'INVALID_PEERS' })
      expect(() => nodes[0]!.setPeers(peers, { self: nodes[0]!.address }), address).toThrow(refusal)
    }
    expect(() => nodes[0]!.setPeers(['127.0.0.1:1'])).toThrow(expect.objectContaining({ code: 'INVALID_PEERS' }))
    await using node = await GroupNode.listen('127.0.0.1:0')
    expect(node.address).toMatch(/^127\.0\.0\.1:[1-9]\d*$/)
    expect([node.peers, node.self, node.ring, node.stats()]).toEqual([[], undefined, undefined, {}])
    await node.close()
  })
})
