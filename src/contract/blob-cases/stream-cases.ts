import type { BlobStore } from '../../blob/blob-store.ts'
import type { BlobCaseDefinition, BlobTools } from '../blob-case.ts'
import { blobKeys, etagOf, inPieces, ns, openAll, proveWhole, streamOfAll, textAt, within } from '../blob-samples.ts'
import { bytesOf, pattern } from '../samples.ts'

/** Bodies as streams. */
export const streamCases: readonly BlobCaseDefinition[] = [
  {
    rule: 'B7',
    title: 'a body larger than every buffer, in pieces of odd sizes, by iterable and by stream',
    async prove({ store, check, maxBodyBytes }) {
      const body = pattern(maxBodyBytes)
      const wanted = await etagOf(body)
      const sources = [inPieces(body, 1, 65_537, 3, 999_983), streamOfAll(inPieces(body, 40_000)), inPieces(body)]
      for (const source of sources) {
        const meta = await store.putStream(ns, 'large', source)
        check.same('size', meta.size, maxBodyBytes)
        check.same('etag', meta.etag, wanted)
        check.sameBytes('body of open()', await openAll(store, 'large'), body)
        check.sameBytes('body of get()', (await store.get(ns, 'large'))?.bytes, body)
      }
    },
  },
  {
    rule: 'B7',
    title: 'an opened body that is left early releases the blob',
    async prove({ store, check }) {
      await store.put(ns, 'key', pattern(2_000_000))
      for (let i = 0; i < 20; i++) {
        const reader = (await store.open(ns, 'key'))!.stream.getReader()
        if (i % 2 === 0) await within('read()', reader.read())
        await within('cancel()', reader.cancel())
      }
      await store.delete(ns, 'key')
      check.sameKeys('list()', await blobKeys(store), [])
    },
  },
  {
    rule: 'B7',
    title: 'a source that fails leaves the old blob, or none',
    prove: tools => proveFailures(tools, async () => 0),
  },
  {
    rule: 'B7',
    title: 'a source that fails leaves no residue',
    needs: 'pieces',
    prove: tools => proveFailures(tools, () => tools.handle.pieces!()),
  },
]

async function proveFailures({ store, check }: BlobTools, pieces: () => Promise<number>): Promise<void> {
  await store.put(ns, 'old', bytesOf('old'), { contentType: 'a/b' })
  const before = await pieces()
  for (const afterBytes of [0, 1, 100_000, 3_000_000]) {
    for (const wrap of [undefined, streamOfAll]) {
      for (const key of ['old', 'new']) {
        const failure = new Error('The source failed')
        const chunks = failing(pattern(afterBytes), failure)
        const error = await failureOf(store, key, wrap === undefined ? chunks : wrap(chunks))
        const isIt = error === failure || (error instanceof Error && error.cause === failure)
        check.holds(`putStream() failing after ${afterBytes} bytes`, isIt, String(error), 'the error of the source')
      }
    }
    check.same('get() of the old blob', await textAt(store, 'old'), 'old')
    check.same('its content type', (await store.get(ns, 'old'))?.meta.contentType, 'a/b')
    check.same('get() of the new one', await textAt(store, 'new'), 'absent')
    check.sameKeys('list()', await blobKeys(store), ['old'])
    check.same('pieces on the medium', await pieces(), before)
  }
  const error = await failureOf(store, 'old', wrongChunks())
  check.holds('putStream() of text', error instanceof TypeError, String(error), 'a TypeError')
  check.same('pieces on the medium', await pieces(), before)
  await proveWhole(store, check, 'old')
}

async function failureOf(
  store: BlobStore,
  key: string,
  source: Parameters<BlobStore['putStream']>[2],
): Promise<unknown> {
  return await store.putStream(ns, key, source).then(
    () => 'success',
    (error: unknown) => error,
  )
}

async function* failing(bytes: Uint8Array, failure: Error): AsyncGenerator<Uint8Array> {
  yield* inPieces(bytes, 50_000)
  throw failure
}

async function* wrongChunks(): AsyncGenerator<Uint8Array> {
  yield bytesOf('bytes')
  yield 'text' as never
}
