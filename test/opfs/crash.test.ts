import { describe, expect, it } from 'vitest'
import { KeyLog, type KeyLogOptions } from '../../src/opfs/key-log.ts'
import { Random } from '../helpers/random.ts'
import { randomFrom, runs, seed } from '../snapshot/runs.ts'
import { type CrashModel, crash, crashModels } from './crash-files.ts'
import { FakeFile, type FileEvent } from './fake-file.ts'
import { type LogLife, liveLog, stateOf } from './log-life.ts'

const lives = runs(6)
const picks = 3

function optionsOf(flush: boolean, start: number): KeyLogOptions {
  return { flush, salvage: false, random: randomFrom(start), minGarbageBytes: 500 }
}

/** The states that a crash at `event` may leave. */
function allowedAt({ moments, states }: LogLife, event: number, model: CrashModel, flush: boolean): readonly string[] {
  const { acked, asked, copied } = moments[event]!
  return states.slice(flush || model === 'killed' ? acked : copied, asked + 1)
}

/** Opens what a crash left, checks it, writes on, and crashes that once more. Gives what is wrong. */
function judge(contents: Uint8Array[], allowed: readonly string[], options: KeyLogOptions, random: Random): string[] {
  const events: FileEvent[] = []
  const files = contents.map((content, file) => {
    const fake = new FakeFile(content)
    fake.onEvent = event => events.push({ file, ...event })
    return fake
  })
  const reopen = (at: readonly Uint8Array[]): KeyLog => KeyLog.open([new FakeFile(at[0]), new FakeFile(at[1])], options)
  try {
    const log = KeyLog.open([files[0]!, files[1]!], options)
    const found = stateOf(log)
    if (!allowed.includes(found)) return [`found ${found}`]
    log.write([[{ type: 'store', key: 'later', value: new Uint8Array(30) }]])
    const later = stateOf(log)
    const problems = stateOf(reopen(files.map(({ content }) => content))) === later ? [] : ['the next write is lost']
    const until = 1 + random.below(events.length)
    const again = stateOf(reopen(crash(contents, events.slice(0, until), random.pick(crashModels), random)))
    if (![...allowed, later].includes(again)) problems.push(`found after another crash ${again}`)
    return problems
  } catch (error) {
    return [String(error)]
  }
}

function problemsOf(life: LogLife, events: readonly FileEvent[], flush: boolean, start: number): string[] {
  const random = new Random(start)
  const empty = [new Uint8Array(0), new Uint8Array(0)]
  const problems: string[] = []
  for (const event of events.keys()) {
    for (const model of crashModels) {
      const allowed = allowedAt(life, event, model, flush)
      for (let pick = 0; pick < picks; pick++) {
        const left = crash(empty, events.slice(0, event + 1), model, random)
        const found = judge(left, allowed, optionsOf(flush, start), random)
        problems.push(...found.map(problem => `${model}, event ${event} (${events[event]!.type}): ${problem}`))
      }
    }
  }
  return problems
}

describe.each([true, false])('a log whose writes are flushed: %s', flush => {
  it.each(Array.from({ length: lives }, (_, i) => seed + i))(
    'holds old or new after a crash anywhere, seed %i',
    start => {
      const life = liveLog(optionsOf(flush, start), 25, new Random(start))
      expect(life.copies).toBeGreaterThan(1)
      expect(problemsOf(life, life.events, flush, start)).toEqual([])
    },
  )
})

describe('the same crashes', () => {
  const start = 1
  const life = liveLog(optionsOf(true, start), 25, new Random(start))

  it('show it if nothing is flushed', () => {
    const problems = problemsOf(
      life,
      life.events.map(event => (event.type === 'flush' ? { type: 'truncate', file: 2, byteLength: 0 } : event)),
      true,
      start,
    )
    expect(problems.filter(problem => problem.startsWith('weak')).length).toBeGreaterThan(10)
    expect(problems.filter(problem => problem.startsWith('ordered')).length).toBeGreaterThan(10)
    expect(problems.filter(problem => problem.startsWith('killed'))).toEqual([])
  })

  it('show it if the header of a new log comes first', () => {
    const events = [...life.events]
    for (const [at, event] of events.entries()) {
      if (event.type !== 'write' || event.at !== 0) continue
      // To where its file was cut.
      const cut = events.findLastIndex((each, i) => i < at && each.file === event.file && each.type === 'truncate')
      events.splice(at, 1)
      events.splice(cut + 1, 0, event)
    }
    expect(problemsOf(life, events, true, start).length).toBeGreaterThan(10)
  })
})
