import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type StoreHandle, storeContract, storeProperties, storeRules } from '../../src/contract/index.ts'
import { hostileKeys } from '../../src/contract/samples.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import type { Store } from '../../src/store/store.ts'
import { handleOf, SoundStore } from './mutants/sound-store.ts'

const sound = (): StoreHandle => handleOf(SoundStore)

/** A store with the four verbs only. */
function fourVerbs(): StoreHandle {
  const { store } = sound()
  const verbs: Store = {
    list: (...args) => store.list(...args),
    load: (...args) => store.load(...args),
    store: (...args) => store.store(...args),
    remove: (...args) => store.remove(...args),
  }
  return { store: verbs }
}

/** Runs the cases about `rule` of a suite and returns what they told the test runner. */
async function notesOf(rule: string, handle: StoreHandle): Promise<string[]> {
  const notes: string[] = []
  for (const { id, run } of storeContract(() => handle)) {
    if (id === rule) await run({ skip: reason => notes.push(reason) })
  }
  return notes
}

describe('storeContract', () => {
  it('has the cases in the order of the rules, at least one for each, under titles of their own', () => {
    const cases = storeContract(sound)
    expect([...new Set(cases.map(({ id }) => id))]).toEqual(Object.keys(storeRules))
    for (const { id, title } of cases) expect(title.startsWith(`${id} `)).toBe(true)
    expect(new Set(cases.map(({ title }) => title)).size).toBe(cases.length)
    expect(new Set(hostileKeys).size).toBe(hostileKeys.length)
  })

  it('refuses wrong options at once', () => {
    const wrong = (options: object): (() => unknown) => {
      return () => storeContract(sound, options)
    }
    expect(wrong({ skip: { S99: 'why' } })).toThrow(/S99/)
    expect(wrong({ skip: { toString: 'why' } })).toThrow(TypeError)
    expect(wrong({ skip: { S7: '' } })).toThrow(/reason for S7/)
    expect(wrong({ skip: { S7: ' ' } })).toThrow(TypeError)
    expect(wrong({ skip: { S7: true } })).toThrow(TypeError)
    expect(wrong({ skips: {} })).toThrow(/Unknown option skips/)
    expect(wrong({ maxValueBytes: '1' })).toThrow(TypeError)
    expect(wrong({ maxValueBytes: 0 })).toThrow(RangeError)
    expect(() => storeContract(sound() as never)).toThrow(TypeError)
    expect(() => storeProperties(sound() as never, fc)).toThrow(TypeError)
  })

  it('refuses a handle with an impossible maxKeyBytes', async () => {
    for (const maxKeyBytes of [0, 63, 1025, 100.5]) {
      const [first] = storeContract(() => ({ ...sound(), maxKeyBytes }))
      await expect(first?.run()).rejects.toThrow(RangeError)
    }
  })

  it('keeps a skipped case in the list, says why, and opens nothing', async () => {
    const all = storeContract(sound)
    const cases = storeContract(
      () => {
        throw new Error('opened')
      },
      { skip: { S7: 'no ordered scan' } },
    )
    expect(cases.length).toBe(all.length)
    const skipped = cases.filter(({ id }) => id === 'S7')
    expect(skipped.length).toBeGreaterThan(0)
    for (const { title, skipped: reason, run } of skipped) {
      expect(title).toMatch(/^S7 .*no ordered scan/)
      expect(reason).toBe('no ordered scan')
      const notes: string[] = []
      await run({ skip: note => notes.push(note) })
      await run()
      expect(notes).toEqual(['no ordered scan'])
    }
    for (const other of cases) if (other.id !== 'S7') expect(other.skipped).toBeUndefined()
    await expect(cases[0]?.run()).rejects.toThrow('opened')
  })

  it('accepts a store of four methods, and tells the runner what was not there to prove', async () => {
    for (const { run } of storeContract(fourVerbs, { maxValueBytes: 1000 })) await run()
    expect(await notesOf('S23', fourVerbs())).toEqual(['store has no close()'])
    expect(await notesOf('S25', fourVerbs())).toEqual(['store has no loadMany()', 'store has no loadMany()'])
    expect(await notesOf('S27', fourVerbs())).toEqual(['store has no batch()'])
    expect(await notesOf('S28', fourVerbs())).toEqual(['handle has no reopen()'])
    expect(await notesOf('S29', sound())).toEqual([])
  })

  it('refuses an optional method that is neither a function nor undefined', async () => {
    const handle = fourVerbs()
    Object.assign(handle.store, { batch: null })
    await expect(notesOf('S27', handle)).rejects.toThrow(/^S27 store\.batch.*found null, wanted undefined/)
  })

  it('opens a fresh store for each case and disposes of it once, also when the case fails', async () => {
    let opened = 0
    let disposed = 0
    const cases = storeContract(
      () => {
        opened += 1
        const store = new MemoryStore()
        store.remove = () => Promise.reject(new Error('broken'))
        return {
          store,
          async dispose() {
            disposed += 1
            throw new Error('dispose fails as well')
          },
        }
      },
      { maxValueBytes: 1000 },
    )
    const errors: string[] = []
    for (const { run } of cases) await run().catch((error: unknown) => errors.push(String(error)))
    expect([opened, disposed]).toEqual([cases.length, cases.length])
    // A failed case says what failed; a case that passed says that its disposal did not.
    expect(errors.length).toBe(cases.length)
    expect(errors.some(error => /^Error: S4 .*: found Error: broken, wanted success$/.test(error))).toBe(true)
    expect(errors).toContain('Error: dispose fails as well')
  })

  it('closes a store whose handle has no dispose', async () => {
    const store = new MemoryStore()
    await storeContract(() => ({ store }))[0]?.run()
    await expect(store.load('key')).rejects.toThrow('closed')
  })
})

describe('storeProperties', () => {
  it('tells the seed of a failure, and fails the same way with it', async () => {
    class Unsorted extends SoundStore {
      protected override sort(keys: string[]): string[] {
        return keys
      }
    }
    const property = storeProperties(() => handleOf(Unsorted), fc).find(({ id }) => id === 'P2')
    const messageOf = async (seed?: number): Promise<string> => {
      return (await property?.run({ numRuns: 1000, seed }).then(() => 'success', String)) ?? ''
    }
    const first = await messageOf()
    const seed = Number(/seed: (-?\d+)/.exec(first)?.[1])
    expect(first).toContain('Counterexample')
    expect(await messageOf(seed)).toBe(first)
  })

  it('takes the context of a test runner for no options', async () => {
    let opened = 0
    const open = (): StoreHandle => {
      opened += 1
      return sound()
    }
    const context = { name: 'P1', signal: new AbortController().signal, skip() {} }
    await storeProperties(open, fc)[0]?.run(context as object)
    expect(opened).toBe(100)
  })
})
