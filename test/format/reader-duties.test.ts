import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { digest } from '../../src/bytes/digest.ts'
import { encodeElements } from '../../src/codec/encode.ts'
import { sameBytes } from '../../src/core/same-bytes.ts'
import { aesGcm, MemoryStore, type Problem, SnapshotCache, type SnapshotCacheOptions } from '../../src/index.ts'
import { encodeDelta, encodeKeys } from '../../src/snapshot/delta.ts'
import type { Piece } from '../../src/snapshot/head.ts'
import { openHead, sealHead } from '../../src/snapshot/head-seal.ts'
import { decodeSegment, encodeSegment, type Segment } from '../../src/snapshot/segment.ts'
import { pageUrl } from '../docs/page-part.ts'
import { Broken } from './broken-cases.ts'
import { duties } from './duties.ts'
import { type Files, filesOf, readCase, storeOf } from './fixture-store.ts'
import { sealed } from './golden-cases.ts'
import type { State } from './golden-states.ts'

async function golden(name: string): Promise<Files> {
  return (await readCase('v1', name))!
}

async function load(
  files: Files,
  options: SnapshotCacheOptions<State> = {},
): Promise<{ state: State | undefined; codes: string[] }> {
  let problems: readonly Problem[] = []
  const onReport = (report: { problems: readonly Problem[] }): void => {
    problems = report.problems
  }
  const cache = new SnapshotCache<State>(await storeOf(files), { name: 'app', onReport, ...options })
  const snapshot = await cache.load()
  return { state: snapshot?.state, codes: problems.map(problem => problem.code) }
}

it(`F11 ${duties.F11}`, async () => {
  const broken = new Broken(await golden('plain-inline'))
  for (let offset = 0; offset < broken.head.byteLength; offset++) {
    // Of the version, this makes a newer one.
    const files = new Map([[broken.headKey, broken.head.with(offset, broken.head[offset]! ^ 0x10)]])
    expect(await load(files)).toEqual({ state: undefined, codes: ['HEAD_CORRUPT'] })
  }
})

it(`F12 ${duties.F12}`, async () => {
  const broken = new Broken(await golden('plain-separate'))
  const key = broken.segmentKey()
  const bytes = broken.files.get(key)!
  // Decoded, the first would say that it is newer, and the second that it is not deflated.
  for (const changed of [bytes.with(4, 99), bytes.with(7, 1), bytes.subarray(1)]) {
    expect((await load(new Map(broken.files).set(key, changed))).codes).toEqual(['SEGMENT_CORRUPT'])
  }
})

it(`F13 ${duties.F13}`, async () => {
  for (const rest of [[], [0xff, 0xff, 0xff], new Array<number>(100).fill(7)]) {
    const broken = new Broken(await golden('plain-inline'))
    await broken.rebuild(body => Uint8Array.of(...body.subarray(0, 4), 2, ...rest))
    expect(await load(broken.files)).toEqual({ state: undefined, codes: ['FORMAT_NEWER'] })
  }
  const broken = new Broken(await golden('plain-separate'))
  await broken.setSegment(bytes => Uint8Array.of(...bytes.subarray(0, 4), 2, 0xff, 0xff))
  expect((await load(broken.files)).codes).toEqual(['FORMAT_NEWER'])
})

it(`F14 ${duties.F14}`, async () => {
  const offsets = { flags: 5, reserved: 6, reserved2: 7, shape: 43, role: 52, pieceFlags: 53 }
  const refused: (readonly [offset: number, values: number[]])[] = [
    [offsets.flags, [1, 4, 8, 16, 32, 64, 128]],
    [offsets.reserved, [1, 255]],
    [offsets.reserved2, [1, 255]],
    [offsets.shape, [4, 255]],
    [offsets.role, [0, 5, 255]],
    [offsets.pieceFlags, [2, 3, 4, 128]],
  ]
  for (const [offset, values] of refused) {
    for (const value of values) {
      const broken = new Broken(await golden('plain-inline'))
      await broken.poke(offset, value)
      expect(await load(broken.files), `${value} at ${offset}`).toEqual({ state: undefined, codes: ['HEAD_CORRUPT'] })
    }
  }
  const inSegment = { role: [5, [0, 5]], codec: [6, [0, 3, 4, 255]], flags: [7, [4, 8, 128]] } as const
  for (const [offset, values] of Object.values(inSegment)) {
    for (const value of values) {
      const broken = new Broken(await golden('plain-separate'))
      await broken.setSegment(bytes => bytes.with(offset, value))
      expect((await load(broken.files)).codes, `${value} at ${offset}`).toEqual(['DECODE_FAILED'])
    }
  }
})

it(`F15 ${duties.F15}`, async () => {
  const { head, headKey } = new Broken(await golden('plain-inline'))
  for (const other of [headKey.replace('000000000001-', '000000000002-'), headKey.replace(/.$/, 'f')]) {
    expect(other).not.toBe(headKey)
    expect(await load(new Map([[other, head]]))).toEqual({ state: undefined, codes: ['HEAD_CORRUPT'] })
  }
})

it(`F16 ${duties.F16}`, async () => {
  const files = new Map(await golden('two-generations'))
  const newest = [...files.keys()].filter(key => key.startsWith('app/text/')).at(-1)!
  files.delete(newest)
  expect(await load(files)).toEqual({ state: { text: 'second '.repeat(1_000), dns: 2 }, codes: ['SEGMENT_MISSING'] })
})

it(`F17 ${duties.F17}`, async () => {
  const foreign = [
    'app/notes',
    'app/@head/zzz',
    'app/@head/000000000009-0123456789abcdef.1',
    'app/@head/000000000009-0123456789ABCDEF',
    'app/dns/000000000009-0123456789abcdef.0',
    'app/a b/000000000009-0123456789abcdef',
    'app/inner/@head/000000000009-0123456789abcdef',
    'application/@head/000000000009-0123456789abcdef',
  ]
  const files = new Map(await golden('plain-inline'))
  for (const key of foreign) files.set(key, Uint8Array.of(1, 2, 3))
  expect((await load(files)).codes).toEqual([])
  const store = await storeOf(files)
  const cache = new SnapshotCache<State>(store, { name: 'app' })
  expect((await cache.store({ dns: 1 })).generation).toBe(2)
  await cache.clear()
  expect([...(await filesOf(store)).keys()].sort()).toEqual(foreign.sort())
})

it(`F18 ${duties.F18}`, async () => {
  const id = { generation: 5, nonce: '00112233445566ff' }
  const store = new MemoryStore()
  const pieces: Piece[] = []
  const add = async (segment: Segment, isInline: boolean): Promise<void> => {
    const part = pieces.length
    const key = `app/list/000000000005-${id.nonce}${part === 0 ? '' : `.${part}`}`
    const bytes = await encodeSegment(segment, key, { compress: part % 2 === 1, cipher: undefined })
    const { role, count } = segment
    const piece = { ...id, role, part, count, length: bytes.byteLength, digest: digest(bytes) }
    pieces.push(isInline ? { ...piece, inline: bytes } : piece)
    if (!isInline) await store.store(key, bytes)
  }
  const values = Array.from({ length: 40 }, (_, i) => ({ id: `k${i}`, text: 'x'.repeat(20 * i) }))
  await add({ role: 'index', codec: 1, count: 40, payload: encodeKeys(values.map(value => value.id)) }, true)
  for (const [first, end] of [
    [0, 1],
    [1, 30],
    [30, 30],
    [30, 40],
  ] as const) {
    const encoded = encodeElements(values.slice(first, end), first === 1 ? 'cbor' : 'json', '')
    await add({ role: 'page', codec: encoded.codec, count: end - first, payload: encoded.bytes }, first === 0)
  }
  for (let i = 0; i < 20; i++) {
    values[i] = { id: `k${i}`, text: `changed ${i}` }
    const encoded = encodeElements([values[i]], 'auto', '')
    const delta = { slots: 40, setSlots: [i], setKeys: [`k${i}`], runs: undefined, values: encoded.bytes }
    await add({ role: 'delta', codec: encoded.codec, count: 1, payload: encodeDelta(delta) }, i % 3 === 0)
  }
  const head = {
    ...id,
    savedAtMs: 0,
    schemaVersion: 0,
    columns: [{ name: 'list', shape: 'array', count: 40, pieces }],
  } as const
  const key = `app/@head/000000000005-${id.nonce}`
  await store.store(key, await sealHead(head, key, undefined))
  expect(await load(await filesOf(store))).toEqual({ state: { list: values }, codes: [] })
})

it(`F19 ${duties.F19}`, async () => {
  const files = await golden('plain-inline')
  expect(await load(files, { codec: sealed })).toEqual({ state: undefined, codes: ['DECRYPT_FAILED'] })
  const accepting = aesGcm('auto', [{ id: 'k1', key: new Uint8Array(32) }], { acceptPlain: true })
  expect((await load(files, { codec: accepting })).state).toMatchObject({ count: 3 })
  // A segment too, although the head that names it is sealed: its digest is no signature.
  const broken = new Broken(await golden('sealed'))
  const key = broken.segmentKey(1)
  const inTheClear = await decodeSegment(broken.files.get(key)!, key, sealed.cipher)
  const plain = await encodeSegment(inTheClear, key, { compress: false, cipher: undefined })
  const found = digest(broken.files.get(key)!)
  const head = await openHead(broken.head, broken.headKey, sealed.cipher)
  const columns = head.columns.map(each => ({
    ...each,
    pieces: each.pieces.map(piece =>
      sameBytes(piece.digest, found) ? { ...piece, length: plain.byteLength, digest: digest(plain) } : piece,
    ),
  }))
  broken.files.set(key, plain)
  broken.head = await sealHead({ ...head, columns }, broken.headKey, sealed.cipher)
  expect((await load(broken.files, { codec: sealed })).codes).toEqual(['DECRYPT_FAILED'])
})

it(`F20 ${duties.F20}`, async () => {
  const files = await golden('sealed')
  const renamed = new Map([...files].map(([key, bytes]) => [key.replace('app/', 'other/'), bytes]))
  expect((await load(renamed, { codec: sealed, name: 'other' })).codes).toEqual(['DECRYPT_FAILED', 'DECRYPT_FAILED'])
  // Even whoever has the key cannot pass one segment off as another without sealing it anew.
  const broken = new Broken(files)
  const key = broken.segmentKey(1) // a page: the index of an array is read only by views
  const [, column, part] = /^app\/([^/]+)\/[^.]+(?:\.(\d+))?$/.exec(key)!
  const head = await openHead(broken.head, broken.headKey, sealed.cipher)
  const columns = head.columns.map(each => ({
    ...each,
    pieces: each.pieces.map(piece =>
      each.name === column && piece.inline === undefined && piece.part === Number(part ?? 0)
        ? { ...piece, part: 77 }
        : piece,
    ),
  }))
  broken.files.set(key.replace(/(\.\d+)?$/, '.77'), broken.files.get(key)!)
  broken.head = await sealHead({ ...head, columns }, broken.headKey, sealed.cipher)
  expect((await load(broken.files, { codec: sealed })).codes).toEqual(['DECRYPT_FAILED'])
})

it('docs/FORMAT.md has these duties, word for word', async () => {
  const text = await readFile(pageUrl('FORMAT.md'), 'utf8')
  const found = [...text.matchAll(/^- \*\*(F\d+)\*\* (.+)$/gm)].map(([, id, sentence]) => [id, sentence])
  expect(Object.fromEntries(found)).toEqual(duties)
})
