import type { Store } from '../store/store.ts'
import { keyFromBytes } from './group-key.ts'
import { decodeIndex } from './index-record.ts'
import { decodeRecordOf, type GroupRecord } from './record.ts'
import { indexName, isRecordName, recordName, recordPrefix } from './record-names.ts'
import type { RecordWriter } from './record-writer.ts'
import { Wakeup } from './wakeup.ts'

/** What a survey works on. */
export interface RecordSurveyOptions {
  readonly store: Store
  readonly group: string
  readonly writer: RecordWriter
  /** Whether a record is of any use; called with `undefined` for one that is damaged or foreign. */
  readonly isUseful: (record: GroupRecord | undefined) => boolean
  /** Ends the survey. */
  readonly signal: AbortSignal
}

interface Found {
  readonly name: string
  readonly byteLength: number
  readonly storedAtMs: number
}

const namesPerTurn = 1_000
const maxSlice = 64
const sliceBytes = 1024 * 1024

/**
 * Looks through the records of earlier runs, so that the byte budget holds for them too: what the saved index tells is
 * believed of every record that is still listed, and what it does not tell is read, in slices with pauses. Records that are
 * of no use are removed. Rejects if the store fails or the signal is aborted, and then nothing was taken in.
 */
export async function surveyRecords(options: RecordSurveyOptions): Promise<void> {
  const { store, group, writer, signal } = options
  const changed = writer.lanes.watch()
  try {
    const prefix = recordPrefix(group)
    const saved = decodeIndex(group, await store.load(prefix + indexName, { signal })) ?? new Map<string, number>()
    const listed = await listNames(store, prefix, signal)
    const unknown = [...listed].filter(name => !saved.has(name) && !writer.index.has(name))
    const found = await measure(options, prefix, unknown)
    found.sort((a, b) => a.storedAtMs - b.storedAtMs)
    const indexed = [...saved].filter(([name]) => listed.has(name))
    const all = [...indexed, ...found.map(({ name, byteLength }): [string, number] => [name, byteLength])]
    writer.index.adopt(all.filter(([name]) => !changed.has(name)))
  } finally {
    writer.lanes.unwatch(changed)
  }
}

async function listNames(store: Store, prefix: string, signal: AbortSignal): Promise<Set<string>> {
  const names = new Set<string>()
  let seen = 0
  for await (const key of store.list(prefix, { signal })) {
    const name = key.slice(prefix.length)
    if (key.startsWith(prefix) && isRecordName(name)) names.add(name)
    if (++seen % namesPerTurn === 0) await turn(signal)
  }
  return names
}

async function measure(options: RecordSurveyOptions, prefix: string, names: readonly string[]): Promise<Found[]> {
  const { store, signal } = options
  const found: Found[] = []
  let bytes = 0
  for (let from = 0; from < names.length; ) {
    // As many as are likely to be a megabyte together.
    const likely = found.length === 0 ? 1 : Math.floor(sliceBytes / Math.max(1, bytes / found.length))
    const slice = names.slice(from, from + Math.min(maxSlice, Math.max(1, likely)))
    const readings = slice.map(name => options.writer.lanes.beginReading(name))
    try {
      const values = await loadAll(
        store,
        slice.map(name => prefix + name),
        signal,
      )
      signal.throwIfAborted()
      for (const [i, reading] of readings.entries()) {
        const value = values[i]
        if (value === undefined) continue
        const record = recordUnder(reading.name, options.group, value)
        if (options.isUseful(record) && record !== undefined) {
          found.push({ name: reading.name, byteLength: value.byteLength, storedAtMs: record.storedAtMs })
          bytes += value.byteLength
        } else {
          options.writer.discard(reading)
        }
      }
    } finally {
      for (const reading of readings) options.writer.lanes.endReading(reading)
    }
    from += slice.length
    await turn(signal)
  }
  return found
}

async function loadAll(store: Store, keys: string[], signal: AbortSignal): Promise<(Uint8Array | undefined)[]> {
  if (store.loadMany !== undefined && keys.length > 1) return await store.loadMany(keys, { signal })
  const values: (Uint8Array | undefined)[] = []
  for (const key of keys) {
    values.push(await store.load(key, { signal }))
    signal.throwIfAborted()
  }
  return values
}

// A record at another place than its key's is never found there.
function recordUnder(name: string, group: string, bytes: Uint8Array): GroupRecord | undefined {
  const found = decodeRecordOf(group, bytes)
  return found !== undefined && recordName(keyFromBytes(found.key)) === name ? found.record : undefined
}

// Lets everybody else have the event loop and the store.
async function turn(signal: AbortSignal): Promise<void> {
  await new Wakeup().wait(1, signal)
  signal.throwIfAborted()
}
