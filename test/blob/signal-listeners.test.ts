import { getEventListeners } from 'node:events'
import { expect, it } from 'vitest'
import { streamOf } from '../../src/blob/blob-chunks.ts'
import { GuardedSource } from '../../src/blob/disk/guarded-source.ts'

async function* chunks(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(1)
}

it('streams and puts under one signal have one listener together, and none when they ended', async () => {
  const { signal } = new AbortController()
  const streams = Array.from({ length: 20 }, () => streamOf(chunks(), signal))
  const sources = Array.from({ length: 20 }, () => new GuardedSource(chunks(), signal))
  expect(getEventListeners(signal, 'abort')).toHaveLength(1)
  for (const source of sources) source.release()
  for (const stream of streams) await stream.cancel()
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
})
