import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { fromHex, toHex } from '../../src/bytes/hex.ts'
import { KeyLog } from '../../src/opfs/key-log.ts'
import { FakeFile } from './fake-file.ts'

const options = { flush: true, salvage: false, random: () => 0.25, minGarbageBytes: 1_000_000 }
const fixture = new URL('../../fixtures/opfs/log-v1.hex', import.meta.url)
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The log of docs/FORMAT.md, section 15: a compacted part, a batch, a removal, an empty value, the mark at the end. */
function goldenLog(): Uint8Array {
  const files = [new FakeFile(), new FakeFile()] as const
  const log = KeyLog.open(files, options)
  log.write([[{ type: 'store', key: 'a', value: bytes('first') }]])
  log.write([[{ type: 'store', key: 'ü', value: bytes('x'.repeat(200)) }]])
  log.compact()
  log.write([
    [
      { type: 'store', key: 'a', value: bytes('second') },
      { type: 'store', key: 'empty', value: new Uint8Array(0) },
    ],
    [{ type: 'remove', key: 'ü' }],
  ])
  log.write([[{ type: 'store', key: 'b', value: bytes('last') }]])
  log.close()
  return files[1].content
}

/** 32 bytes a line. */
function linesOf(content: Uint8Array): string {
  return `${toHex(content)
    .match(/.{1,64}/g)!
    .join('\n')}\n`
}

it('the golden log is written as it was, byte for byte', () => {
  if (process.env['COLDSNAP_WRITE_FIXTURES'] === '1' && !existsSync(fixture))
    writeFileSync(fixture, linesOf(goldenLog()))
  expect(linesOf(goldenLog())).toBe(readFileSync(fixture, 'utf8'))
})

it('the golden log is read', () => {
  const content = fromHex(readFileSync(fixture, 'utf8').replaceAll('\n', ''))!
  const log = KeyLog.open([new FakeFile(content), new FakeFile()], options)
  expect(log.keys('')).toEqual(['a', 'b', 'empty'])
  expect(log.keys('').map(key => new TextDecoder().decode(log.load(key)))).toEqual(['second', 'last', ''])
})
