import { describeBytes, violation } from './assert.ts'
import { arbitraryKey, arbitraryPrefix, arbitraryValue, type FastCheck } from './fast-check.ts'
import { inOrder, keysOf } from './samples.ts'
import type { OpenStore, StoreHandle } from './store-case.ts'
import { type Model, modelOf, type Real, storeCommands } from './store-model.ts'
import { withHandle } from './with-handle.ts'

export type { FastCheck } from './fast-check.ts'

/** How one property is run; other members are ignored, so that a test runner may pass its context. */
export interface StorePropertyOptions {
  /**
   * How many samples are tried.
   * @default 100
   */
  readonly numRuns?: number | undefined
  /** Seed of the samples: that of a failure, to see it again. */
  readonly seed?: number | undefined
  /** Path to the failing sample, as printed with the seed. The model-based property is repeated by its seed alone. */
  readonly path?: string | undefined
}

/** One property of the contract. */
export interface StoreProperty {
  /** `P1`, `P2`, ... */
  readonly id: string
  /** Id and what always holds. */
  readonly title: string
  /** Tries the property on fresh stores; rejects with the smallest counterexample found, and the seed to see it again. */
  run(options?: StorePropertyOptions): Promise<void>
}

/**
 * What holds for every store and *any* keys, values and calls, as fast-check properties. `fc` is fast-check 4, passed
 * in by the caller. Each sample opens a store of its own, so `open` should be quick.
 */
export function storeProperties(open: OpenStore, fc: FastCheck): readonly StoreProperty[] {
  if (typeof open !== 'function') throw new TypeError(`open must be a function, received ${typeof open}`)
  const key = arbitraryKey(fc)
  const value = arbitraryValue(fc)
  const commands = fc.commands<Model, Real, false>(storeCommands(fc), { maxCommands: 30 })

  const bytes = fc.asyncProperty(key, value, fc.integer({ min: 0, max: 9 }), (name, wanted, offset) =>
    withHandle(open, async ({ store }) => {
      const around = new Uint8Array(wanted.byteLength + 20).fill(170)
      around.set(wanted, offset)
      await store.store(name, around.subarray(offset, offset + wanted.byteLength))
      around.fill(85)
      const found = describeBytes(await store.load(name))
      if (found !== describeBytes(wanted)) throw violation('P1', 'load()', found, describeBytes(wanted))
    }),
  )
  const listings = fc.asyncProperty(fc.array(key, { maxLength: 20 }), arbitraryPrefix(fc), (names, prefix) =>
    withHandle(open, async ({ store }) => {
      for (const name of names) await store.store(name, new Uint8Array(1))
      const found = JSON.stringify(await keysOf(store, prefix))
      const wanted = JSON.stringify(inOrder(new Set(names)).filter(name => name.startsWith(prefix)))
      if (found !== wanted) throw violation('P2', `list(${JSON.stringify(prefix)})`, found, wanted)
    }),
  )
  const sequences = fc.asyncProperty(commands, calls =>
    withHandle(open, async handle => {
      await fc.asyncModelRun(() => ({ model: modelOf(handle), real: { handle, store: handle.store } }), calls)
    }),
  )
  const write = fc.record({ key: fc.constantFrom('a', 'a/b', 'b'), value: fc.oneof(fc.constant(undefined), value) })
  const crowds = fc.asyncProperty(fc.array(write, { minLength: 2, maxLength: 12 }), writes =>
    withHandle(open, handle => proveCrowd(handle, writes)),
  )

  const property = (id: string, title: string, sample: Parameters<FastCheck['assert']>[0]): StoreProperty => ({
    id,
    title: `${id} ${title}`,
    async run({ numRuns = 100, seed, path } = {}) {
      await fc.assert(sample, {
        numRuns,
        ...(seed === undefined ? {} : { seed }),
        ...(path === undefined ? {} : { path }),
      })
    },
  })
  return [
    property('P1', 'any bytes come back, from a view at any offset', bytes),
    property('P2', 'list() of any keys and any prefix is what sorting by UTF-8 bytes gives', listings),
    property(
      'P3',
      'any sequence of calls, with reopening and crashes if offered, has the effect it has on a Map',
      sequences,
    ),
    property('P4', 'any calls at the same time leave and show one of the values, whole', crowds),
  ]
}

interface Write {
  readonly key: string
  readonly value: Uint8Array | undefined
}

// All writes at once, and a load beside each: whatever the order was, only whole values of that key can be seen.
async function proveCrowd({ store }: StoreHandle, writes: readonly Write[]): Promise<void> {
  const loads: Promise<readonly [string, string]>[] = []
  const load = async (key: string): Promise<readonly [string, string]> => [key, describeBytes(await store.load(key))]
  const calls = writes.map(({ key, value }) => {
    const call = value === undefined ? store.remove(key) : store.store(key, value)
    loads.push(load(key))
    return call
  })
  await Promise.allSettled([...calls, ...loads])
  await Promise.all(calls)
  const during = await Promise.all(loads)
  const listed = await keysOf(store)
  const names = new Set(writes.map(write => write.key))
  for (const name of names) {
    const own = writes.filter(write => write.key === name).map(write => describeBytes(write.value))
    const [, final] = await load(name)
    if (!own.includes(final)) throw violation('P4', `load(${name}) at the end`, final, own.join(' or '))
    if (listed.includes(name) !== (final !== 'absent')) throw violation('P4', `list() of ${name}`, listed.join(), final)
    for (const [key, seen] of during) {
      const allowed = key !== name || seen === 'absent' || own.includes(seen)
      if (!allowed) throw violation('P4', `load(${key}) meanwhile`, seen, own.join(' or '))
    }
  }
}
