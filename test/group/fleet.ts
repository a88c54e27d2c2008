import { onTestFinished } from 'vitest'
import type { Group } from '../../src/group/group.ts'
import { GroupCache } from '../../src/group/group-cache.ts'
import type { GroupCacheOptions } from '../../src/group/group-cache-options.ts'
import type { GroupOptions, Load } from '../../src/group/group-options.ts'
import { MemoryNetwork } from '../../src/group/memory-network.ts'
import { bytes } from '../store/scratch.ts'

export { bytes }

/** One node of a {@link Fleet}. */
export interface FleetNode {
  readonly address: string
  readonly cache: GroupCache
  /** What `onError` was told. */
  readonly errors: unknown[]
  /** Takes the node off the network, as a crash would. */
  readonly stop: () => void
}

/** Several nodes on one network in memory, at one time that stands still until it is moved. */
export interface Fleet {
  readonly network: MemoryNetwork
  readonly nodes: readonly FleetNode[]
  readonly time: { nowMs: number }
  /** Makes the group at every node. */
  group(options: GroupOptions<Uint8Array>): Group<Uint8Array>[]
  /** A key that the node owns; `n` tells several apart. */
  keyOf(node: number, n?: number): string
}

/** A fleet of nodes named `a`, `b`, ... that is closed at the end of the test. */
export function fleetOf(size: number, options: Omit<GroupCacheOptions, 'transport' | 'self'> = {}): Fleet {
  const network = new MemoryNetwork()
  const time = { nowMs: 1_000_000 }
  const addresses = [...'abcdefgh'].slice(0, size)
  const nodes = addresses.map(address => {
    const errors: unknown[] = []
    const cache = new GroupCache({
      transport: network.transport(address),
      self: address,
      clock: () => time.nowMs,
      random: () => 0,
      breaker: false,
      onError: error => errors.push(error),
      ...options,
    })
    const stop = network.serve(address, cache.service)
    cache.setPeers(addresses)
    onTestFinished(() => cache.close())
    return { address, cache, errors, stop }
  })
  return {
    network,
    nodes,
    time,
    group: groupOptions => nodes.map(({ cache }) => cache.group('users', groupOptions)),
    keyOf(node, n = 0) {
      const { cache, address } = nodes[node]!
      for (let i = 0, found = 0; ; i++) {
        const key = `${i * 7919}.key.${i}`
        if (cache.ownerOf(key) === address && found++ === n) return key
      }
    },
  }
}

/** A loader that counts its calls by key and gives `<key>#<version>`, where the version is moved by hand. */
export function origin(): {
  readonly load: Load<Uint8Array>
  readonly calls: string[]
  version: number
} {
  const state = {
    calls: [] as string[],
    version: 1,
    load: (key: string): Uint8Array => {
      state.calls.push(key)
      return bytes(`${key}#${state.version}`)
    },
  }
  return state
}

/** A promise and what settles it. */
export function gate<T = void>(): { readonly promise: Promise<T>; readonly open: (value: T) => void } {
  let open: (value: T) => void = () => undefined
  const promise = new Promise<T>(resolve => {
    open = resolve
  })
  return { promise, open }
}

export function text(value: Uint8Array | undefined): string | undefined {
  return value === undefined ? undefined : new TextDecoder().decode(value)
}

/** The cause of what a call rejects with, and its code. */
export async function failure(call: Promise<unknown>): Promise<{ code: unknown; error: Error }> {
  try {
    await call
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return { code: 'code' in error ? error.code : error.name, error }
  }
  throw new Error('The call did not fail')
}

/** Lets everything that is ready happen. */
export function settled(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 0))
}
