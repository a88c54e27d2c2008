import { randomFillSync } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { median } from '../statistics.ts'
import type { BlobContender, OpenedBlobs } from './blob-contender.ts'

/** Milliseconds by contender, then by figure: `put 1024`, `get 1024`, ... */
export type BodyFigures = Map<string, Map<string, number>>

/** What to measure. */
export interface BodyRun {
  readonly contenders: readonly BlobContender[]
  readonly sizes: readonly number[]
  readonly rounds: number
  readonly directory: string
  /** Bytes that a round of one contender puts, about. */
  readonly roundBytes: number
  /** At most so many calls of one kind in a round. */
  readonly calls: number
  /** Length of a stream; none if `undefined`. */
  readonly streamBytes: number | undefined
}

/** Puts and gets of all contenders in turns, so that what else the machine does hits all alike; medians of the rounds. */
export async function measureBodies(run: BodyRun): Promise<BodyFigures> {
  const samples = new Map<string, Map<string, number[]>>(run.contenders.map(({ id }) => [id, new Map()]))
  const note = (id: string, figure: string, ms: number): void => {
    const figures = samples.get(id)!
    figures.set(figure, [...(figures.get(figure) ?? []), ms])
  }
  // The first round is to warm up.
  for (let round = -1; round < run.rounds; round++) {
    for (const contender of run.contenders) {
      const directory = join(run.directory, contender.id)
      const opened = await contender.open(directory)
      const take = (figure: string, ms: number): void => {
        if (round >= 0) note(contender.id, figure, ms)
      }
      try {
        for (const size of run.sizes) await measureSize(opened, size, run, take)
        if (run.streamBytes !== undefined) await measureStream(opened, run.streamBytes, take)
      } finally {
        await opened.close()
        rmSync(directory, { recursive: true, force: true })
      }
    }
  }
  return new Map([...samples].map(([id, all]) => [id, new Map([...all].map(([name, ms]) => [name, median(ms)]))]))
}

type Take = (figure: string, ms: number) => void

async function measureSize(opened: OpenedBlobs, size: number, run: BodyRun, take: Take): Promise<void> {
  const count = Math.max(3, Math.min(run.calls, Math.floor(run.roundBytes / size)))
  const bodies = Array.from({ length: count }, () => randomFillSync(new Uint8Array(size)))
  const put: number[] = []
  const get: number[] = []
  for (const [i, body] of bodies.entries()) put.push(await timed(() => opened.put(`blob-${size}-${i}`, body)))
  for (const [i, body] of bodies.entries()) {
    let got: Uint8Array = new Uint8Array()
    get.push(
      await timed(async () => {
        got = await opened.get(`blob-${size}-${i}`)
      }),
    )
    if (got.byteLength !== size || got[size - 1] !== body[size - 1]) throw new Error(`Another body came back`)
  }
  take(`put ${size}`, median(put))
  take(`get ${size}`, median(get))
}

async function measureStream(opened: OpenedBlobs, size: number, take: Take): Promise<void> {
  const { putStream, readStream } = opened
  if (putStream === undefined || readStream === undefined) return
  take('put stream', await timed(() => putStream('stream', chunksOf(size))))
  take(
    'get stream',
    await timed(async () => {
      const found = await readStream('stream')
      if (found !== size) throw new Error(`A stream of ${found} bytes came back, wanted ${size}`)
    }),
  )
}

async function* chunksOf(size: number): AsyncGenerator<Uint8Array, void, undefined> {
  const chunk = randomFillSync(new Uint8Array(256 * 1024))
  for (let at = 0; at < size; at += chunk.byteLength) yield chunk.subarray(0, size - at)
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}
