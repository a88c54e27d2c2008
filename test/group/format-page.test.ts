import { expect, it } from 'vitest'
import { toHex } from '../../src/bytes/hex.ts'
import { utf8Encode } from '../../src/bytes/utf8.ts'
import { entryFromWire } from '../../src/group/entry.ts'
import { decodeIndex, encodeIndex } from '../../src/group/index-record.ts'
import { decodeRecord, encodeRecord } from '../../src/group/record.ts'
import { indexName, recordName, recordPrefix } from '../../src/group/record-names.ts'
import { comparePart } from '../docs/page-part.ts'

const mayWrite = process.env['COLDSNAP_WRITE_FIXTURES'] === '1'

it('the record and the index in docs/FORMAT.md are what is written, byte for byte', async () => {
  const owner = { group: 'users', key: utf8Encode('alice') }
  const entry = entryFromWire(utf8Encode('v'), 1_700_000_000_123_456_789n)
  const record = encodeRecord(owner, { entry, runId: 'one', storedAtMs: 1_700_000_000_000 })
  const name = recordName('alice')
  const index = encodeIndex('users', new Map([[name, record.byteLength]]))
  const parts = [`${recordPrefix('users')}${name}`, record, `${recordPrefix('users')}${indexName}`, index]
  const lines = parts.map(part => (typeof part === 'string' ? part : `${spaced(part)}\n`))
  await comparePart('FORMAT.md', 'records', `\`\`\`text\n${lines.join('\n').trim()}\n\`\`\``, mayWrite)
  // What is written is read again.
  expect(decodeRecord(owner, record)?.entry).toEqual(entry)
  expect(decodeIndex('users', index)?.get(name)).toBe(record.byteLength)
})

// Sixteen bytes to a line.
function spaced(bytes: Uint8Array): string {
  const lines = toHex(bytes).match(/.{1,32}/g) ?? []
  return lines.map(line => line.replaceAll(/..(?!$)/g, '$& ')).join('\n')
}
