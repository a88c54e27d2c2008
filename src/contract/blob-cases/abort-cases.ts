import { callsWithKey, callsWithNamespace, callsWithoutName } from '../blob-calls.ts'
import type { BlobCaseDefinition, BlobTools } from '../blob-case.ts'
import { blobKeys, ns, proveWhole, textAt, turn, within } from '../blob-samples.ts'
import { bytesOf, numbered, pattern } from '../samples.ts'

const reason = new Error('Enough')

/** Signals. */
export const abortCases: readonly BlobCaseDefinition[] = [
  {
    rule: 'B27',
    title: 'a signal that is aborted already ends every method, and nothing is changed',
    async prove({ store, check }) {
      await store.put(ns, 'key', bytesOf('old'))
      const options = { signal: AbortSignal.abort(reason) }
      const calls = [
        ...callsWithKey(store, ns, 'key', options),
        ...callsWithNamespace(store, ns, options),
        ...callsWithoutName(store, options),
      ]
      for (const [method, call] of calls) {
        const error = await check.rejects(`${method} with an aborted signal`, call, 'ABORTED')
        check.same(`cause of ${method}`, error.cause, reason)
      }
      check.same('get() afterwards', await textAt(store, 'key'), 'old')
    },
  },
  {
    rule: 'B27',
    title: 'an abort ends a put whose source is stalled',
    prove: tools => proveStalled(tools, async () => 0),
  },
  {
    rule: 'B27',
    title: 'an aborted put leaves no residue',
    needs: 'pieces',
    prove: tools => proveStalled(tools, () => tools.handle.pieces!()),
  },
  {
    rule: 'B27',
    title: 'an abort ends the stream of an opened blob',
    async prove({ store, check }) {
      await store.put(ns, 'key', pattern(3_000_000))
      for (const isBegun of [false, true]) {
        const controller = new AbortController()
        const reader = (await store.open(ns, 'key', { signal: controller.signal }))!.stream.getReader()
        if (isBegun) await reader.read()
        controller.abort(reason)
        const read = async (): Promise<void> => {
          for (;;) if ((await reader.read()).done) return
        }
        const error = await check.rejects('read() after an abort', () => within('read()', read()), 'ABORTED')
        check.same('cause', error.cause, reason)
      }
      await proveWhole(store, check, 'key')
    },
  },
  {
    rule: 'B27',
    title: 'an abort ends a listing',
    async prove({ store, check }) {
      for (const key of numbered('k', 20)) await store.put(ns, key, bytesOf(key))
      const controller = new AbortController()
      const list = async (): Promise<void> => {
        for await (const _ of store.list(ns, { signal: controller.signal })) controller.abort(reason)
      }
      const error = await check.rejects('list() that is aborted on its way', list, 'ABORTED')
      check.same('cause', error.cause, reason)
      check.same('blobs afterwards', (await blobKeys(store)).length, 20)
    },
  },
  {
    rule: 'B27',
    title: 'a signal that is aborted after the call is of no concern',
    async prove({ store, check }) {
      const controller = new AbortController()
      await store.put(ns, 'key', bytesOf('new'), { signal: controller.signal })
      controller.abort(reason)
      await turn()
      check.same('get()', await textAt(store, 'key'), 'new')
    },
  },
]

async function proveStalled({ store, check }: BlobTools, pieces: () => Promise<number>): Promise<void> {
  await store.put(ns, 'old', bytesOf('old'))
  const before = await pieces()
  for (const key of ['old', 'new']) {
    for (const isStream of [false, true]) {
      const controller = new AbortController()
      const { source, reached } = stalled(isStream)
      const writing = store.putStream(ns, key, source, { signal: controller.signal })
      // Without a handler the rejection would be nobody's until it is checked below.
      writing.catch(() => undefined)
      await within('reading the source', reached)
      controller.abort(reason)
      const call = (): Promise<unknown> => within('putStream() after an abort', writing)
      const error = await check.rejects('putStream() with a stalled source', call, 'ABORTED')
      check.same('cause', error.cause, reason)
    }
  }
  check.same('get() of the old blob', await textAt(store, 'old'), 'old')
  check.sameKeys('list()', await blobKeys(store), ['old'])
  check.same('pieces on the medium', await pieces(), before)
}

/** A source that gives some bytes and then nothing, for ever; `reached` when that begins. */
function stalled(isStream: boolean): {
  readonly source: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>
  readonly reached: Promise<void>
} {
  let tell = (): void => undefined
  const reached = new Promise<void>(resolve => {
    tell = resolve
  })
  const never = new Promise<never>(() => undefined)
  let pulls = 0
  const next = async (): Promise<Uint8Array> => {
    if (pulls++ < 3) return pattern(400_000)
    tell()
    return await never
  }
  if (isStream) {
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
      controller.enqueue(await next())
    }
    return { source: new ReadableStream<Uint8Array>({ pull }), reached }
  }
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    for (;;) yield await next()
  }
  return { source: chunks(), reached }
}
