import { KeyLog, type KeyLogOptions } from '../../src/opfs/key-log.ts'
import type { StoreOperation } from '../../src/store/store.ts'
import type { Random } from '../helpers/random.ts'
import { FakeFile, type FileEvent } from './fake-file.ts'

/** What was done to the files of a log, and which states may be found after a crash at each moment. */
export interface LogLife {
  readonly events: readonly FileEvent[]
  /** The state after so many batches, as {@link stateOf} tells it. */
  readonly states: readonly string[]
  /** For each event: how many batches had been answered, had been asked for, and were flushed with a new log. */
  readonly moments: readonly { readonly acked: number; readonly asked: number; readonly copied: number }[]
  /** How often the log was made anew. */
  readonly copies: number
}

const keys = ['a', 'b', 'c/1', 'c/2', 'ü', 'z'.repeat(50)]

/** What is in `log`. */
export function stateOf(log: KeyLog): string {
  return JSON.stringify(log.keys('').map(key => [key, new TextDecoder().decode(log.load(key))]))
}

/** Lives `steps` writes on a log that starts with nothing. */
export function liveLog(options: KeyLogOptions, steps: number, random: Random): LogLife {
  const events: FileEvent[] = []
  const moments: LogLife['moments'][number][] = []
  const model = new Map<string, string>()
  const states = [stateOfModel(model)]
  let contents: Uint8Array[] = [new Uint8Array(0), new Uint8Array(0)]
  let [acked, copied, copies, headerIn] = [0, 0, 0, -1]
  const open = (): { log: KeyLog; files: FakeFile[] } => {
    const files = contents.map((content, file) => {
      const fake = new FakeFile(content)
      fake.onEvent = event => {
        events.push({ file, ...event })
        moments.push({ acked, asked: states.length - 1, copied })
        if (event.type === 'write' && event.at === 0) headerIn = file
        if (event.type !== 'flush' || headerIn !== file) return
        headerIn = -1
        copied = acked
        copies++
      }
      return fake
    })
    return { log: KeyLog.open([files[0]!, files[1]!], options), files }
  }
  let { log, files } = open()
  for (let step = 0; step < steps; step++) {
    if (random.chance(0.1)) {
      if (random.chance(0.5)) log.close()
      contents = files.map(({ content }) => content)
      ;({ log, files } = open())
    }
    const batches = Array.from({ length: 1 + random.below(3) }, (_, i) => batchOf(random, `${step}.${i}`))
    for (const batch of batches) {
      for (const operation of batch) {
        if (operation.type === 'remove') model.delete(operation.key)
        else model.set(operation.key, new TextDecoder().decode(operation.value))
      }
      states.push(stateOfModel(model))
    }
    log.write(batches)
    acked = states.length - 1
    log.tidy()
  }
  return { events, states, moments, copies }
}

function batchOf(random: Random, name: string): StoreOperation[] {
  return Array.from({ length: 1 + random.below(4) }, (_, i): StoreOperation => {
    const key = random.pick(keys)
    if (random.chance(0.3)) return { type: 'remove', key }
    const text = `${name}.${i}`.padEnd(random.pick([0, 10, 100, 700]), '.')
    return { type: 'store', key, value: random.chance(0.1) ? new Uint8Array(0) : new TextEncoder().encode(text) }
  })
}

function stateOfModel(model: ReadonlyMap<string, string>): string {
  return JSON.stringify(
    keys
      .filter(key => model.has(key))
      .toSorted(byBytes)
      .map(key => [key, model.get(key)]),
  )
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
