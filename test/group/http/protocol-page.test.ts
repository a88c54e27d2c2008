import { expect, it } from 'vitest'
import { toHex } from '../../../src/bytes/hex.ts'
import { utf8Encode } from '../../../src/bytes/utf8.ts'
import { entryFromWire } from '../../../src/group/entry.ts'
import {
  encodeAnswers,
  encodeEmpty,
  encodeFailed,
  encodeKeysCall,
  encodeSetCall,
  frameKind,
} from '../../../src/group/link/link-frame.ts'
import { RequestSigner } from '../../../src/group/signing.ts'
import { comparePart, table } from '../../docs/page-part.ts'

const mayWrite = process.env['COLDSNAP_WRITE_FIXTURES'] === '1'
const compare = (part: string, wanted: string): Promise<void> => comparePart('PROTOCOL.md', part, wanted, mayWrite)
const code = (text: string): string => `\`${text}\``

it('a signed request', async () => {
  const timeMs = 1_700_000_000_123
  const nonce = '000102030405060708090a0b0c0d0e0f'
  const request = { method: 'DELETE', target: '/_groupcache/users/alice', body: new Uint8Array() }
  const key = new RequestSigner('correct horse battery staple', { clock: () => timeMs }).key
  const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
  const lines = ['coldsnap-request-1', request.method, request.target, empty, String(timeMs), nonce]
  const signature = toHex(await key.mac(lines.join('\n')))
  const headers = [`x-coldsnap-time: ${timeMs}`, `x-coldsnap-nonce: ${nonce}`, `x-coldsnap-signature: ${signature}`]
  await compare('signed', ['```text', `${request.method} ${request.target} HTTP/1.1`, ...headers, '```'].join('\n'))
  // The page's example is one that a server takes.
  const sent = new Map(headers.map(line => line.split(': ') as [string, string]))
  const server = new RequestSigner('correct horse battery staple', { clock: () => timeMs + 1_000 })
  expect(await server.verify(request, name => sent.get(name))).toBe(server.key)
})

it('frames', async () => {
  const keys = ['alice', 'bob'].map(utf8Encode)
  const entry = entryFromWire(utf8Encode('v'), 1_700_000_000_123_456_789n)
  const answers = [
    { kind: 'value', entry },
    { kind: 'notFound', message: 'no' },
  ] as const
  const samples = [
    ['get of `alice` and `bob` in `users`, call 1', encodeKeysCall(frameKind.get, 1, { group: 'users', keys })],
    ['set of `alice` to `v`, 1700000000123456789, call 2', encodeSetCall(2, { group: 'users', key: keys[0]!, entry })],
    ['cancel of call 2', encodeEmpty(frameKind.cancel, 2)],
    ['answers to call 1: `v`, and not found with `no`', encodeAnswers(1, answers, 1_000)],
    ['done, call 2', encodeEmpty(frameKind.done, 2)],
    ['failed: no such group, call 258', encodeFailed(258, true, 'no')],
  ] as const
  const rows = samples.map(([what, frame]) => [what, code(toHex(frame).replaceAll(/..(?!$)/g, '$& '))])
  await compare('frames', table(['Frame', 'Bytes'], rows))
})
