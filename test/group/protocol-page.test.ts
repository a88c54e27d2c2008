import { expect, it } from 'vitest'
import type { Hash64 } from '../../src/bytes/hash64.ts'
import { toHex } from '../../src/bytes/hex.ts'
import { utf8Encode } from '../../src/bytes/utf8.ts'
import { entryFromWire } from '../../src/group/entry.ts'
import type { PeerAnswer } from '../../src/group/peer-service.ts'
import { HashRing } from '../../src/group/ring.ts'
import { ringPresetNames, ringPresets } from '../../src/group/ring-presets.ts'
import { answerRequest } from '../../src/group/wire/answer-request.ts'
import { encodeManyRequest, encodeManyResponse } from '../../src/group/wire/many-get.ts'
import { encodeGetResponse, encodeSetRequest } from '../../src/group/wire/messages.ts'
import { targetOf } from '../../src/group/wire/target.ts'
import { comparePart, table } from '../docs/page-part.ts'
import { RecordedGroup } from './wire/recorded-group.ts'

const mayWrite = process.env['COLDSNAP_WRITE_FIXTURES'] === '1'
const compare = (part: string, wanted: string): Promise<void> => comparePart('PROTOCOL.md', part, wanted, mayWrite)

const code = (text: string): string => `\`${text}\``
const spaced = (bytes: Uint8Array): string => code(toHex(bytes).replaceAll(/..(?!$)/g, '$& '))
const hexOf = ({ hi, lo }: Hash64): string => code([hi, lo].map(half => half.toString(16).padStart(8, '0')).join(''))
const { hash, label } = ringPresets.groupcacheV3

it('hashes of FNV-1', async () => {
  const rows = ['', 'a', 'foobar', 'key1', '日本語'].map(text => [text && code(text), hexOf(hash(utf8Encode(text)))])
  await compare('hash', table(['Bytes of', 'FNV-1'], rows))
})

it('positions of virtual nodes', async () => {
  const rows = [0, 1, 49].map(i => {
    const digest = label('10.0.0.1:8080', i)
    return [code(`${i}10.0.0.1:8080`), code(Buffer.from(digest).toString()), hexOf(hash(digest))]
  })
  await compare('nodes', table(['Label', 'MD5', 'Position'], rows))
})

it('owners of keys', async () => {
  const rings = ringPresetNames.map(preset => {
    const names = [1, 2, 3].map(i => ringPresets[preset].nameOf(`10.0.0.${i}:8080`))
    return new HashRing(names, { preset })
  })
  const rows = ['alpha', 'user:42', '12345', 'hello', '日本語', 'key-1', 'key-2'].map(key => {
    const digits = rings.map(ring => /\d(?=:8080$)/.exec(ring.owner(key)!)![0])
    return [code(key), hexOf(hash(utf8Encode(key))), ...digits.map(digit => `.${digit}`)]
  })
  await compare('owners', table(['Key', 'FNV-1', ...ringPresetNames.map(code)], rows))
})

it('paths of keys', async () => {
  const keys = [
    'alice',
    'a b',
    'a/b',
    '100%',
    'a+b',
    "a&b=c;d,e!*'()",
    '~-_.$@:',
    '日本',
    '.',
    '..',
    Uint8Array.of(0, 0xff),
  ]
  const segment = (key: string | Uint8Array, escaping: 'path' | 'query'): string =>
    targetOf({ escaping }, 'g', typeof key === 'string' ? utf8Encode(key) : key).replace('/_groupcache/g/', '')
  const rows = keys.map(key => {
    const shown = typeof key === 'string' ? code(key) : `bytes ${spaced(key)}`
    return [shown, code(segment(key, 'path')), code(segment(key, 'query'))]
  })
  await compare('paths', table(['Key', 'In a path', 'In a path, `groupcacheOriginal`'], rows))
})

it('bytes of messages', async () => {
  const entry = (text: string, expireNs = 0n) => entryFromWire(utf8Encode(text), expireNs)
  const rows = [
    ['GetResponse: `val:alice`, never', encodeGetResponse(entry('val:alice'))],
    ['GetResponse: empty, never', encodeGetResponse(entry(''))],
    ['GetResponse: `v`, 1700000000123456789', encodeGetResponse(entry('v', 1700000000123456789n))],
    ['SetRequest: `users`, `alice`, `NEW`, never', encodeSetRequest('users', utf8Encode('alice'), entry('NEW'))],
    [
      'SetRequest: `users`, `old`, `x`, -1500000001',
      encodeSetRequest('users', utf8Encode('old'), entry('x', -1500000001n)),
    ],
  ] as const
  await compare(
    'messages',
    table(
      ['Message', 'Bytes'],
      rows.map(([name, bytes]) => [name, spaced(bytes)]),
    ),
  )
})

it('whole conversations', async () => {
  const service = new RecordedGroup()
  const set = encodeSetRequest('users', utf8Encode('alice'), entryFromWire(utf8Encode('NEW'), 0n))
  const lines: string[] = []
  for (const [method, path, body = new Uint8Array()] of [
    ['GET', 'users/alice'],
    ['PUT', 'users/alice', set],
    ['GET', 'users/alice'],
    ['POST', 'users/_remove-keys/', utf8Encode('{"group":"users","keys":["alice","bob"]}')],
    ['DELETE', 'users/alice'],
    ['GET', 'users/nf1'],
    ['GET', 'users/err1'],
    ['GET', 'nobody/alice'],
    ['GET', 'users'],
    ['POST', 'users/alice'],
    ['PATCH', 'users/alice'],
  ] as const) {
    const target = `/_groupcache/${path}`
    const answer = await answerRequest(service, { method, target, body })
    expect(answer.headers['x-coldsnap']).toBe('1')
    const type = answer.headers['content-type']
    lines.push(`> ${method} ${target}`, ...shown(body, '>'), `< ${answer.status}${type ? ` ${type}` : ''}`)
    lines.push(...shown(answer.body, '<'), '')
  }
  await compare('talk', `\`\`\`text\n${lines.join('\n').trim()}\n\`\`\``)
})

it('many keys at once', async () => {
  const answers: readonly PeerAnswer[] = [
    { kind: 'value', entry: entryFromWire(utf8Encode('val:alice'), 0n) },
    { kind: 'notFound', message: 'no such user' },
    { kind: 'loadFailed', message: 'db down' },
  ]
  const leftOut = encodeManyResponse([{ kind: 'notFound', message: '12345678' }], 10)
  const rows = [
    ['request for `alice`, `bob`', encodeManyRequest(['alice', 'bob'].map(utf8Encode))],
    ['answer: value `val:alice`, never', encodeManyResponse(answers.slice(0, 1))],
    ['answer: 404 `no such user`', encodeManyResponse(answers.slice(1, 2))],
    ['answer: 503 `db down`', encodeManyResponse(answers.slice(2))],
    ['answer: left out', leftOut],
  ] as const
  await compare(
    'many',
    table(
      ['Body', 'Bytes'],
      rows.map(([name, bytes]) => [name, spaced(bytes)]),
    ),
  )
})

// Text as it is, messages in hex.
function shown(bytes: Uint8Array, side: string): string[] {
  if (bytes.byteLength === 0) return []
  const text = Buffer.from(bytes).toString()
  const isText = /^[ -~]*\n?$/.test(text)
  return [`${side}   ${isText ? text.replace('\n', '\\n') : toHex(bytes).replaceAll(/..(?!$)/g, '$& ')}`]
}
