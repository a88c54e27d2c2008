import type { BenchState } from './bench-state.ts'
import type { BenchReader, BenchSubject } from './bench-subject.ts'

/** What is timed, in the order in which it happens. */
export const benchFigures = ['coldStore', 'oneChanged', 'load', 'firstField'] as const

/** See {@link benchFigures}. */
export type BenchFigure = (typeof benchFigures)[number]

/** What one round of one subject took. */
export interface BenchRound {
  readonly timesMs: Readonly<Record<BenchFigure, number>>
  readonly bytes: number | undefined
}

/** Stores both states one after the other, reads the second one back in two ways, and removes everything, also if it fails. */
export async function measureRound(
  subject: BenchSubject,
  [state, changed]: readonly [BenchState, BenchState],
): Promise<BenchRound> {
  try {
    const writer = await subject.openEmpty()
    let coldStore: number
    let oneChanged: number
    try {
      coldStore = await timeOf(() => writer.store(state))
      oneChanged = await timeOf(() => writer.store(changed))
    } finally {
      await writer.close()
    }
    const bytes = await subject.size()
    const load = await read(subject, async reader => {
      const found = await reader.load()
      return found?.rows[changed.rows.length >> 1]?.name === 'changed' && found.rows.length === changed.rows.length
    })
    const firstField = await read(subject, async reader => (await reader.first())?.count === changed.about.count)
    return { timesMs: { coldStore, oneChanged, load, firstField }, bytes }
  } finally {
    await subject.clear()
  }
}

// With the opening: a program that starts waits for it too.
async function read(subject: BenchSubject, work: (reader: BenchReader) => Promise<boolean>): Promise<number> {
  let reader: BenchReader | undefined
  let isRight = false
  try {
    const tookMs = await timeOf(async () => {
      reader = await subject.reopen()
      isRight = await work(reader)
    })
    if (!isRight) throw new Error(`${subject.name} gave back another state than it was given`)
    return tookMs
  } finally {
    await reader?.close()
  }
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now()
  await work()
  return performance.now() - startMs
}
