import type { BlobStore } from '../../blob/blob-store.ts'
import type { Checks } from '../assert.ts'
import type { BlobCaseDefinition } from '../blob-case.ts'
import { blobKeys, etagOf, inPieces, ns, proveWhole, readAll, turn } from '../blob-samples.ts'
import { bytesOf, pattern } from '../samples.ts'

/** Calls at the same time. */
export const raceCases: readonly BlobCaseDefinition[] = [
  {
    rule: 'B10',
    title: '8 writers with 16 puts each on one key, by bytes and by stream',
    async prove({ store, check }) {
      const writers = Array.from({ length: 8 }, async (_, writer) => {
        for (let i = 0; i < 16; i++) {
          const body = pattern(1 + writer * 9001 + i).map(byte => byte ^ writer)
          const meta =
            i % 2 === 0 ? await store.put(ns, 'key', body) : await store.putStream(ns, 'key', inPieces(body, 5000))
          check.same('etag told to the writer', meta.etag, await etagOf(body))
        }
      })
      await all(writers)
      await proveWhole(store, check, 'key')
      check.sameKeys('list()', await blobKeys(store), ['key'])
    },
  },
  {
    rule: 'B10',
    title: 'writers leave nothing of the blobs that lost',
    needs: 'pieces',
    async prove({ store, check, handle }) {
      await store.put(ns, 'key', bytesOf('one piece or some'))
      const before = await handle.pieces!()
      await all(Array.from({ length: 30 }, (_, i) => store.put(ns, 'key', bytesOf(`value ${i}, of some length`))))
      check.same('pieces on the medium', await handle.pieces!(), before)
      await store.delete(ns, 'key')
      check.holds('pieces after delete()', (await handle.pieces!()) < before, String(before), 'fewer')
    },
  },
  {
    rule: 'B19',
    title: 'readers of a key that is replaced see one of its blobs, whole',
    async prove({ store, check }) {
      await proveReaders(store, check, async round => {
        const body = bodyOf(round)
        const options = { metadata: { round: String(round % 256) } }
        if (round % 2 === 0) await store.put(ns, 'key', body, options)
        else await store.putStream(ns, 'key', inPieces(body, 30_000), options)
      })
      const { meta } = (await store.get(ns, 'key'))!
      check.same('the last blob', meta.etag, await etagOf(bodyOf(rounds - 1)))
    },
  },
  {
    rule: 'B19',
    title: 'readers of a key that is put and deleted see a blob, whole, or none',
    async prove({ store, check }) {
      await proveReaders(store, check, async round => {
        if (round % 3 === 2) await store.delete(ns, 'key')
        else await store.put(ns, 'key', bodyOf(round), { metadata: { round: String(round % 256) } })
      })
    },
  },
  {
    rule: 'B19',
    title: 'delete() at the same time as put(): a blob, whole, or none',
    async prove({ store, check }) {
      for (let round = 0; round < 15; round++) {
        await store.put(ns, 'key', bodyOf(1))
        const outcomes = await all<unknown>([
          store.put(ns, 'key', bodyOf(2)),
          store.delete(ns, 'key'),
          store.putStream(ns, 'key', inPieces(bodyOf(3), 10_000)),
          store.delete(ns, 'key'),
        ])
        check.same('outcomes', outcomes.length, 4)
        const found = await blobKeys(store)
        check.holds('list()', found.length <= 1, String(found), 'the key or nothing')
        if (found.length === 1) await proveWhole(store, check, 'key')
        else check.same('get()', await store.get(ns, 'key'), undefined)
      }
    },
  },
]

const rounds = 30

// All of one byte, and of a length of its own: a mixture of two shows without a digest.
function bodyOf(round: number): Uint8Array {
  return new Uint8Array([1, 70_000, 300_001, 5000][round % 4]! + round).fill(round % 256)
}

async function proveReaders(store: BlobStore, check: Checks, write: (round: number) => Promise<void>): Promise<void> {
  await write(0)
  let isWriting = true
  const writer = async (): Promise<void> => {
    try {
      for (let round = 1; round < rounds; round++) {
        await write(round)
        await turn()
      }
    } finally {
      isWriting = false
    }
  }
  const reader = async (isOpening: boolean): Promise<void> => {
    while (isWriting) {
      const found = isOpening ? await opened(store) : await store.get(ns, 'key')
      if (found !== undefined) {
        const { meta, bytes } = found
        check.same('size of what a reader saw', bytes.byteLength, meta.size)
        check.same('etag of what a reader saw', meta.etag, await etagOf(bytes))
        check.same('metadata of what a reader saw', meta.metadata['round'], String(bytes[0]))
      }
      await turn()
    }
  }
  await all([writer(), reader(true), reader(true), reader(false), reader(false)])
}

async function opened(store: BlobStore): ReturnType<BlobStore['get']> {
  const found = await store.open(ns, 'key')
  return found && { meta: found.meta, bytes: await readAll(found.stream) }
}

// Waits for all before it fails: calls that still run must not meet the disposal of their store.
async function all<T>(calls: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(calls)
  return await Promise.all(calls)
}
