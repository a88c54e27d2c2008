import type { Store } from '../../src/store/store.ts'
import { InterceptedBatchStore, InterceptedStore, type StoreCall } from './intercepted-store.ts'

/** One way in which a store does something else than it says. */
export interface Lie {
  readonly title: string
  readonly verbs: readonly StoreCall['verb'][]
  /** Gives the answer to `call`; `honest` does what was asked and gives the true answer. */
  tell(call: StoreCall, honest: () => Promise<unknown>, disk: Store): Promise<unknown>
}

/** A store that lies once, and from the next call on tells the truth. */
export interface LyingStore {
  readonly store: Store
  /** Starts counting. */
  arm(): void
  readonly hasLied: () => boolean
}

/** Lies at call number `lieAt` (from 1, of those the lie is about). */
export function lyingStore(disk: Store, lie: Lie, lieAt: number, batched: boolean): LyingStore {
  let calls = 0
  let isArmed = false
  const intercept = async <T>(call: StoreCall, run: () => Promise<T>): Promise<T> => {
    if (!isArmed || !lie.verbs.includes(call.verb) || ++calls !== lieAt) return await run()
    return (await lie.tell(call, run, disk)) as T
  }
  return {
    store: batched ? new InterceptedBatchStore(disk, intercept) : new InterceptedStore(disk, intercept),
    arm: () => {
      isArmed = true
    },
    hasLied: () => calls >= lieAt,
  }
}

type Bytes = Uint8Array | undefined

async function keysOf(disk: Store): Promise<string[]> {
  const keys: string[] = []
  for await (const key of disk.list('')) keys.push(key)
  return keys
}

// The first value of the answer is changed.
function loads(title: string, change: (value: Bytes, call: StoreCall, disk: Store) => Promise<Bytes> | Bytes): Lie {
  return {
    title: `load gives ${title}`,
    verbs: ['load', 'loadMany'],
    tell: async (call, honest, disk) => {
      const answer = (await honest()) as Bytes | Bytes[]
      if (!Array.isArray(answer)) return await change(answer, call, disk)
      return [await change(answer[0], call, disk), ...answer.slice(1)]
    },
  }
}

function lists(title: string, change: (keys: string[]) => string[]): Lie {
  return {
    title: `list ${title}`,
    verbs: ['list'],
    tell: async (_, honest) => change((await honest()) as string[]),
  }
}

function stores(title: string, change: (value: Uint8Array) => Uint8Array): Lie {
  return {
    title: `store keeps ${title}`,
    verbs: ['store'],
    tell: async (call, _, disk) => await disk.store(call.key, change(call.value!)),
  }
}

function flipped(value: Uint8Array): Uint8Array {
  const copy = value.slice()
  copy[copy.byteLength >> 1]! ^= 4
  return copy
}

const isHead = (key: string): boolean => key.includes('/@head/')

/** Every lie that a store can tell of a single call. */
export const lies: readonly Lie[] = [
  {
    title: 'a write is not done',
    verbs: ['store', 'remove', 'batch'],
    tell: () => Promise.resolve(undefined),
  },
  {
    title: 'a write is done, and once more after the next calls',
    verbs: ['store', 'remove', 'batch'],
    tell: async (call, honest, disk) => {
      await honest()
      // Later than what the cache does in answer: it may have removed the key by then.
      const again = (turns: number): void => {
        if (turns > 0) setImmediate(again, turns - 1)
        else if (call.verb === 'remove') void disk.remove(call.key)
        else if (call.verb === 'store') void disk.store(call.key, call.value!)
        else void honest()
      }
      setImmediate(again, 20)
    },
  },
  {
    title: 'a call is answered late',
    verbs: ['list', 'load', 'store', 'remove', 'loadMany', 'batch'],
    tell: async (_, honest) => {
      const answer = await honest()
      for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve))
      return answer
    },
  },
  stores('half', value => value.slice(0, value.byteLength >> 1)),
  stores('nothing', () => new Uint8Array(0)),
  stores('one bit less', flipped),
  stores('zeros', value => new Uint8Array(value.byteLength)),
  stores('a byte more', value => Uint8Array.of(...value, 0)),
  {
    title: 'remove takes another key',
    verbs: ['remove'],
    tell: async (call, _, disk) => {
      const other = (await keysOf(disk)).find(key => key !== call.key)
      if (other !== undefined) await disk.remove(other)
    },
  },
  {
    title: 'batch does half of it',
    verbs: ['batch'],
    tell: async (call, honest, disk) => {
      const before = new Map<string, Bytes>()
      const skipped = call.keys.slice(0, call.keys.length >> 1)
      for (const key of skipped) before.set(key, await disk.load(key))
      await honest()
      for (const [key, value] of before) await (value === undefined ? disk.remove(key) : disk.store(key, value))
    },
  },
  loads('nothing', () => undefined),
  loads('an empty value', () => new Uint8Array(0)),
  loads('half', value => value?.slice(0, value.byteLength >> 1)),
  loads('one bit less', value => value && flipped(value)),
  loads('a byte more', value => value && Uint8Array.of(...value, 0)),
  loads('what is under another key', async (value, call, disk) => {
    const kind = isHead(call.keys[0]!)
    const other = (await keysOf(disk)).find(key => key !== call.keys[0] && isHead(key) === kind)
    return other === undefined ? value : await disk.load(other)
  }),
  {
    title: 'loadMany gives the values in another order',
    verbs: ['loadMany'],
    tell: async (_, honest) => ((await honest()) as Bytes[]).reverse(),
  },
  lists('is empty', () => []),
  lists('lacks the first key', keys => keys.slice(1)),
  lists('lacks the last key', keys => keys.slice(0, -1)),
  lists('lacks the newest head', keys => keys.filter(key => key !== keys.findLast(isHead))),
  lists('lacks all heads', keys => keys.filter(key => !isHead(key))),
  lists('has all keys twice', keys => [...keys, ...keys]),
  lists('is backwards', keys => keys.reverse()),
  lists('has a head that is not there', keys => [...keys, 'app/@head/0000000fffff-00112233445566aa'].sort()),
  lists('has a segment that is not there', keys => [...keys, 'app/peers/0000000fffff-00112233445566aa.3'].sort()),
  lists('has keys of others', keys => ['', 'a', 'app', ...keys, 'app/zzz', 'zebra']),
]
