import type { Arbitrary, AsyncCommand } from 'fast-check'
import type { Store, StoreOperation } from '../store/store.ts'
import { describeBytes, violation } from './assert.ts'
import { arbitraryKey, arbitraryPrefix, arbitraryValue, type FastCheck } from './fast-check.ts'
import { inOrder, keysOf } from './samples.ts'
import type { StoreHandle } from './store-case.ts'

/** What the store should hold, and which optional calls there are. */
export interface Model {
  readonly values: Map<string, Uint8Array>
  readonly offers: ReadonlySet<string>
}

/** The store under test; reopening and crashing replace the instance. */
export interface Real {
  readonly handle: StoreHandle
  store: Store
}

type StoreCommand = AsyncCommand<Model, Real>

/** The model of a store that was just opened. */
export function modelOf({ store, reopen, crash }: StoreHandle): Model {
  const { loadMany, batch } = store
  const offers = Object.entries({ loadMany, batch, reopen, crash }).flatMap(([name, member]) => (member ? [name] : []))
  return { values: new Map(), offers: new Set(offers) }
}

/** Commands of a model-based run: every call of a store, and what can happen to it. */
export function storeCommands(fc: FastCheck): Arbitrary<StoreCommand>[] {
  const key = arbitraryKey(fc)
  const value = arbitraryValue(fc)
  const put = fc.record({ type: fc.constant('store' as const), key, value })
  const drop = fc.record({ type: fc.constant('remove' as const), key })
  const operation: Arbitrary<StoreOperation> = fc.oneof(put, drop)
  return [
    put.map(store),
    put.map(store),
    key.map(remove),
    key.map(load),
    arbitraryPrefix(fc).map(list),
    fc.array(key, { maxLength: 6 }).map(loadMany),
    fc.array(operation, { maxLength: 6 }).map(batch),
    fc.constant(again('reopen')),
    fc.constant(again('crash')),
  ]
}

function store({ key, value }: { readonly key: string; readonly value: Uint8Array }): StoreCommand {
  return command(`store(${show(key)}, ${describeBytes(value)})`, async (model, real) => {
    await real.store.store(key, value)
    model.values.set(key, value)
  })
}

function remove(key: string): StoreCommand {
  return command(`remove(${show(key)})`, async (model, real) => {
    await real.store.remove(key)
    model.values.delete(key)
  })
}

function load(key: string): StoreCommand {
  const name = `load(${show(key)})`
  return command(name, async (model, real) => {
    compare(name, describeBytes(await real.store.load(key)), describeBytes(model.values.get(key)))
  })
}

function list(prefix: string): StoreCommand {
  const name = `list(${show(prefix)})`
  return command(name, async (model, real) => {
    const wanted = inOrder(model.values.keys()).filter(key => key.startsWith(prefix))
    compare(name, show(await keysOf(real.store, prefix)), show(wanted))
  })
}

function loadMany(keys: readonly string[]): StoreCommand {
  const name = `loadMany(${show(keys)})`
  const run = async (model: Model, real: Real): Promise<void> => {
    const found = await real.store.loadMany?.(keys)
    compare(name, show(found?.map(describeBytes)), show(keys.map(key => describeBytes(model.values.get(key)))))
  }
  return command(name, run, 'loadMany')
}

function batch(operations: readonly StoreOperation[]): StoreCommand {
  const names = operations.map(operation =>
    operation.type === 'store'
      ? `store ${show(operation.key)} ${describeBytes(operation.value)}`
      : `remove ${show(operation.key)}`,
  )
  const run = async (model: Model, real: Real): Promise<void> => {
    await real.store.batch?.(operations)
    for (const operation of operations) {
      if (operation.type === 'store') model.values.set(operation.key, operation.value)
      else model.values.delete(operation.key)
    }
  }
  return command(`batch(${names.join(', ')})`, run, 'batch')
}

// Everything is compared at once: what was resolved before must be there, and nothing else.
function again(how: 'reopen' | 'crash'): StoreCommand {
  const run = async (model: Model, real: Real): Promise<void> => {
    real.store = (await real.handle[how]?.()) ?? real.store
    const found: string[] = []
    for (const key of await keysOf(real.store)) found.push(`${show(key)}: ${describeBytes(await real.store.load(key))}`)
    const wanted = inOrder(model.values.keys()).map(key => `${show(key)}: ${describeBytes(model.values.get(key))}`)
    compare(`everything after ${how}()`, show(found), show(wanted))
  }
  return command(`${how}()`, run, how)
}

function command(name: string, run: StoreCommand['run'], needs?: string): StoreCommand {
  return { check: model => needs === undefined || model.offers.has(needs), run, toString: () => name }
}

function compare(what: string, found: string, wanted: string): void {
  if (found !== wanted) throw violation('P3', what, found, wanted)
}

function show(value: unknown): string {
  return JSON.stringify(value)
}
