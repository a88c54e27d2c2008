import { describe, expect, it } from 'vitest'
import { GroupNode } from '../../../src/group/node/group-node.ts'
import { bytes } from '../../store/scratch.ts'
import { atEnd, type RawServer, rawServer } from './raw.ts'

// What groupcache-go's server sends: for a key's value, and for a path that it would rather have otherwise.
const found = 'HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 5\r\n\r\n\x0a\x01v\x18\x00'
const redirect =
  'HTTP/1.1 307 Temporary Redirect\r\nContent-Type: text/html; charset=utf-8\r\nLocation: /_groupcache/users/a/b\r\n' +
  'Content-Length: 58\r\n\r\n<a href="/_groupcache/users/a/b">Temporary Redirect</a>.\n\n'
const done = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'

/** A peer as one of Go: it closes the connection for a group that it lacks, and redirects some keys. */
function goPeer(): Promise<RawServer> {
  return rawServer(socket => {
    socket.on('data', chunk => {
      const head = chunk.toString('latin1')
      if (head.includes('/_groupcache/lacked/')) socket.end()
      else if (head.includes('odd')) socket.write(redirect)
      else socket.write(head.startsWith('GET') ? found : done, 'latin1')
    })
  })
}

/** A node beside the peer, and how to make keys that the peer owns. */
async function nodeBeside(peer: string): Promise<{ node: GroupNode; keyOf: (prefix: string) => string }> {
  const node = await GroupNode.listen('127.0.0.1:0', { breaker: { maxFailures: 1, backOffMs: 30_000, jitter: 0 } })
  atEnd(() => node.close())
  node.setPeers([node.address, peer], { self: node.address })
  let n = 0
  const keyOf = (prefix: string): string => {
    for (;;) {
      const key = `${n++ * 7919}.${prefix}.${n}`
      if (node.ownerOf(key) === peer) return key
    }
  }
  return { node, keyOf }
}

const options = { maxBytes: 1 << 20, load: () => bytes('ours') }
const text = (value: Uint8Array | undefined): string => new TextDecoder().decode(value)

describe('a peer that is well', () => {
  it('is asked on after it closed connections for a group that it lacks', async () => {
    const { node, keyOf } = await nodeBeside((await goPeer()).address)
    const [users, lacked] = [node.group('users', options), node.group('lacked', options)]
    for (let i = 0; i < 3; i++) {
      // On a fresh connection, then on one that was used before.
      expect(text(await lacked.get(keyOf('a')))).toBe('ours')
      await expect(lacked.set(keyOf('b'), bytes('new'))).rejects.toMatchObject({ code: 'PEER_FAILED' })
      expect(text(await users.get(keyOf('c')))).toBe('v')
    }
    expect(lacked.stats().peerErrors).toBe(3)
    expect(users.stats()).toMatchObject({ peerErrors: 0, localLoads: 0 })
  })

  it('is asked on after it redirected a key', async () => {
    const { node, keyOf } = await nodeBeside((await goPeer()).address)
    const users = node.group('users', options)
    for (let i = 0; i < 3; i++) {
      expect(text(await users.get(keyOf('odd')))).toBe('ours')
      await expect(users.remove(keyOf('odd'))).rejects.toMatchObject({ code: 'PEER_FAILED' })
      expect(text(await users.get(keyOf('c')))).toBe('v')
    }
  })

  it('is asked on after it refused calls over a link', async () => {
    const peer = await GroupNode.listen('127.0.0.1:0')
    atEnd(() => peer.close())
    peer.group('users', { ...options, load: () => bytes('v') })
    const { node, keyOf } = await nodeBeside(peer.address)
    peer.setPeers([node.address, peer.address], { self: peer.address })
    const [users, lacked] = [node.group('users', options), node.group('lacked', options)]
    let refused = ''
    // The link comes behind the first calls.
    for (let i = 0; i < 400 && refused !== 'A peer refused a call'; i++) {
      expect(text(await users.get(keyOf('c')))).toBe('v')
      refused = await lacked.set(keyOf('b'), bytes('new')).then(() => '', reasonOf)
    }
    expect(refused).toBe('A peer refused a call')
    expect(text(await lacked.get(keyOf('a')))).toBe('ours')
    expect(text(await users.get(keyOf('c')))).toBe('v')
    expect(users.stats()).toMatchObject({ peerErrors: 0, localLoads: 0 })
  })
})

/** What the one peer of a change that failed said. */
function reasonOf({ cause }: Error): string {
  const [failure] = cause instanceof AggregateError ? (cause.errors as Error[]) : []
  return failure?.cause instanceof Error ? failure.cause.message : ''
}
