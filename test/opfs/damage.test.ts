import { describe, expect, it } from 'vitest'
import { isCacheError } from '../../src/errors.ts'
import { KeyLog, type KeyLogOptions } from '../../src/opfs/key-log.ts'
import type { StoreOperation } from '../../src/store/store.ts'
import { randomFrom } from '../snapshot/runs.ts'
import { FakeFile } from './fake-file.ts'

const optionsOf = (more: Partial<KeyLogOptions> = {}): KeyLogOptions => ({
  flush: true,
  salvage: false,
  random: randomFrom(7),
  minGarbageBytes: 100_000,
  ...more,
})
const text = (length: number, name: string): Uint8Array => new TextEncoder().encode(name.padEnd(length, name))
const store = (key: string, length = 40, name = key): StoreOperation => ({
  type: 'store',
  key,
  value: text(length, name),
})

const batches: readonly (readonly StoreOperation[])[] = [
  [store('a'), store('b', 0)],
  [store('c', 100)],
  [store('a', 30, 'new'), { type: 'remove', key: 'c' }],
  [store('d', 60)],
  [{ type: 'remove', key: 'b' }],
]

type State = Readonly<Record<string, string>>

/** The content of the file of a small log, and its state after so many batches. */
function smallLog(isClosed: boolean, isCompacted: boolean): { content: Uint8Array; states: State[] } {
  const files = [new FakeFile(), new FakeFile()] as const
  const log = KeyLog.open(files, optionsOf())
  const states = [stateOf(log)]
  for (const [i, batch] of batches.entries()) {
    log.write([batch])
    states.push(stateOf(log))
    if (isCompacted && i === 2) log.compact()
  }
  if (isClosed) log.close()
  return { content: files[isCompacted ? 1 : 0].content, states }
}

function stateOf(log: KeyLog): State {
  return Object.fromEntries(log.keys('').map(key => [key, new TextDecoder().decode(log.load(key))]))
}

/** What is read of it: a state, or the codes of what it threw. */
function read(
  content: Uint8Array,
  more: Partial<KeyLogOptions> = {},
): { state: Record<string, string>; codes: string[] } {
  const state: Record<string, string> = {}
  const codes: string[] = []
  const typed = (run: () => void): void => {
    try {
      run()
    } catch (error) {
      if (!isCacheError(error)) throw error
      codes.push(error.key === undefined ? error.code : `${error.code} ${error.key}`)
    }
  }
  typed(() => {
    const log = KeyLog.open([new FakeFile(content), new FakeFile()], optionsOf(more))
    for (const key of log.keys('')) {
      typed(() => {
        state[key] = new TextDecoder().decode(log.load(key))
      })
    }
  })
  return { state, codes }
}

describe.each([
  ['a log', true, false],
  ['a log that was not closed', false, false],
  ['a log that was compacted', true, true],
])('%s', (_, isClosed, isCompacted) => {
  const { content, states } = smallLog(isClosed, isCompacted)
  const whole = states.at(-1)!

  it('is read as it was written', () => {
    expect(read(content)).toEqual({ state: whole, codes: [] })
    expect(whole).toEqual({ a: 'newnewnewnewnewnewnewnewnewnew', d: 'd'.repeat(60) })
  })

  it('with a flipped bit is never read wrong', () => {
    const seen = { whole: 0, corrupt: 0, value: 0, older: 0 }
    for (let at = 0; at < content.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const flipped = content.slice()
        flipped[at]! ^= 1 << bit
        const { state, codes } = read(flipped)
        if (codes.length === 0 && JSON.stringify(state) === JSON.stringify(whole)) seen.whole++
        else if (codes.length === 0) {
          // The last write of a log that was not closed cannot be told from one that was cut off.
          expect(state).toEqual(states.at(-2))
          seen.older++
        } else if (codes[0] === 'CORRUPT') {
          expect([codes, state]).toEqual([['CORRUPT'], {}])
          seen.corrupt++
        } else {
          const key = codes[0]!.replace('CORRUPT ', '')
          expect(codes).toHaveLength(1)
          expect({ ...state, [key]: whole[key] }).toEqual(whole)
          seen.value++
        }
      }
    }
    expect(seen.corrupt).toBeGreaterThan(500)
    expect(seen.value).toBe(90 * 8)
    expect(seen.older > 0).toBe(!isClosed)
    // Values that were replaced, and the mark at the end.
    expect(seen.whole).toBeGreaterThan(0)
  })

  it('cut off anywhere is a state that it had, or refused', () => {
    for (let length = 0; length < content.length; length++) {
      const { state, codes } = read(content.slice(0, length))
      if (codes.length > 0) expect([codes, state]).toEqual([['CORRUPT'], {}])
      else expect(states).toContainEqual(state)
    }
  })

  it('is opened with salvage whatever is damaged, and gives nothing that was not stored', () => {
    const stored = new Set(states.flatMap(state => Object.entries(state).map(entry => entry.join())))
    let most = 0
    for (let at = 0; at < content.length; at++) {
      const damaged = content.slice()
      damaged.fill(0xa5, at, at + 5)
      const { state, codes } = read(damaged, { salvage: true })
      for (const code of codes) expect(code).toMatch(/^CORRUPT [abcd]$/)
      for (const entry of Object.entries(state)) expect(stored).toContain(entry.join())
      most = Math.max(most, Object.keys(state).length)
    }
    expect(most).toBeGreaterThan(2)
  })
})

describe('a log that is', () => {
  const { content, states } = smallLog(true, false)

  it('of a newer version is FORMAT_NEWER, and left as it is', async () => {
    const { encodeHeader } = await import('../../src/opfs/log-format.ts')
    const newer = encodeHeader({ version: 2, id: 1, generation: 1, baseBytes: 40 })
    for (const salvage of [false, true]) {
      const files = [new FakeFile(newer), new FakeFile(content)] as const
      expect(() => KeyLog.open(files, optionsOf({ salvage }))).toThrow(
        expect.objectContaining({ code: 'FORMAT_NEWER' }),
      )
      expect(files.map(file => file.content)).toEqual([newer, content])
    }
  })

  it('stored as a value, at its own offset too, is not taken for frames', () => {
    const files = [new FakeFile(), new FakeFile()] as const
    const log = KeyLog.open(files, optionsOf())
    log.write([[store('x')]])
    for (let i = 0; i < 3; i++) log.write([[{ type: 'store', key: `copy ${i}`, value: files[0].content }]])
    const last = files[0].content
    // The frame of copy 1 is damaged: what follows is found behind it, not in it.
    const damaged = last.slice()
    const copy1 = last.findIndex((_, at) => new TextDecoder().decode(last.subarray(at, at + 6)) === 'copy 1')
    damaged[copy1]! ^= 1
    expect(read(damaged).codes).toEqual(['CORRUPT'])
    expect(Object.keys(read(damaged, { salvage: true }).state)).toEqual(['copy 0', 'copy 2', 'x'])
  })

  it('damaged in a value stays so when it is compacted, with the other values', () => {
    const damaged = content.slice()
    damaged[damaged.lastIndexOf('d'.charCodeAt(0))]! ^= 1
    const log = KeyLog.open([new FakeFile(damaged), new FakeFile()], optionsOf())
    log.compact()
    expect(() => log.load('d')).toThrow(expect.objectContaining({ code: 'CORRUPT', key: 'd' }))
    expect(log.load('a')).toEqual(text(30, 'new'))
    log.write([[store('d')]])
    expect(log.load('d')).toEqual(text(40, 'd'))
    expect(states.at(-1)).toHaveProperty('d')
  })
})
