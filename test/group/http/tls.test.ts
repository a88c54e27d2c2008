import { describe, expect, it } from 'vitest'
import { GroupServer } from '../../../src/group/node/group-server.ts'
import type { NodeTls } from '../../../src/group/node/node-tls.ts'
import { nodeTransport } from '../../../src/group/node/node-transport.ts'
import { bytes } from '../../store/scratch.ts'
import { RecordedGroup } from '../wire/recorded-group.ts'
import { makeAuthority } from './certificates.ts'
import { atEnd, rawCall, rawServer } from './raw.ts'

const authority = makeAuthority()
const other = makeAuthority()

if (authority === undefined || other === undefined) {
  process.stdout.write('TLS, left out: there is no openssl command to make certificates with\n')
  it.skip('TLS', () => {})
} else {
  const { ca } = authority
  const node = authority.issue('node')
  const client = authority.issue('client')
  const stranger = other.issue('stranger')

  const serve = async (tls: NodeTls, secret?: string): Promise<string> => {
    const limits = { headersTimeoutMs: 1_000 }
    const server = await GroupServer.listen('127.0.0.1:0', { service: new RecordedGroup() }, { tls, limits, secret })
    atEnd(() => server.close())
    return server.address
  }
  const ask = async (address: string, tls: NodeTls | undefined, more: object = {}): Promise<string> => {
    const peer = nodeTransport({ tls, timeoutMs: 3_000, ...more }).connect(address)
    try {
      for (let i = 0; i < 5; i++) {
        const answer = await peer.get('users', bytes('a'))
        if (answer.kind !== 'value') return answer.kind
        // By HTTP at first, and by a link as soon as it is there.
        await new Promise(resolve => setTimeout(resolve, 5))
      }
      await peer.remove('users', bytes('a'))
      return 'value'
    } catch (error) {
      return (error as { code: string }).code
    } finally {
      await peer.close()
    }
  }

  describe('TLS', () => {
    it('is spoken with who has a certificate of the authority', async () => {
      const address = await serve(node)
      expect(await ask(address, { ca })).toBe('value')
      expect(await ask(address, { ca }, { link: false })).toBe('value')
      expect(await ask(`https://${address}`, { ca })).toBe('value')
      expect(await ask(address, { ca, serverName: 'node.test' })).toBe('value')
    })

    it('is refused to other names, other authorities and plain HTTP', async () => {
      const address = await serve(node)
      expect(await ask(address, { ca, serverName: 'other.test' })).toBe('PEER_FAILED')
      expect(await ask(address, { ca: other.ca })).toBe('PEER_FAILED')
      expect(await ask(address, {})).toBe('PEER_FAILED')
      expect(await ask(address, undefined)).toBe('PEER_FAILED')
      expect(await ask(await serve(stranger), { ca })).toBe('PEER_FAILED')
      expect(await ask(address, { ca })).toBe('value')
    })

    it('ends at the deadline with who does not speak it', async () => {
      const silent = await rawServer(() => {})
      expect(await ask(silent.address, { ca }, { timeoutMs: 100 })).toBe('TIMEOUT')
      const garbage = await rawServer(socket => socket.once('data', () => socket.write('HTTP/1.1 400 no\r\n\r\n')))
      expect(await ask(garbage.address, { ca })).toBe('PEER_FAILED')
      const address = await serve(node)
      expect(await rawCall(address, 'GET /_groupcache/users/a HTTP/1.1\r\nHost: x\r\n\r\n')).not.toContain('200')
      // A handshake that never goes on is ended by the server.
      expect(await rawCall(address, '\x16\x03\x01', 5_000)).not.toContain('200')
      expect(await ask(address, { ca })).toBe('value')
    })

    it('asks clients for certificates if it shall', async () => {
      const address = await serve({ ...node, ca, mutual: true })
      expect(await ask(address, { ca, ...client })).toBe('value')
      expect(await ask(address, { ca, ...client }, { link: false })).toBe('value')
      expect(await ask(address, { ca })).toBe('PEER_FAILED')
      expect(await ask(address, { ca, ...stranger })).toBe('PEER_FAILED')
    })

    it('goes together with a secret', async () => {
      const secret = 'correct horse battery staple'
      const address = await serve(node, secret)
      expect(await ask(address, { ca }, { secret })).toBe('value')
      expect(await ask(address, { ca })).toBe('PEER_FAILED')
    })

    it('checks its options', async () => {
      for (const bad of [
        {},
        { cert: node.cert },
        { ...node, mutual: true },
        { ...node, keys: '' },
        { ...node, mutual: 1 },
      ]) {
        await expect(serve(bad as NodeTls)).rejects.toThrow(TypeError)
      }
    })
  })
}
