import { setTimeout as sleep } from 'node:timers/promises'
import { CacheError } from '../../../src/errors.ts'
import { Flights } from '../../../src/group/flights.ts'
import type { Group } from '../../../src/group/group.ts'
import { GroupService } from '../../../src/group/group-service.ts'
import type { GroupNode } from '../../../src/group/node/group-node.ts'
import { groupNames, groupOf, isAbsent, keyOf, nameOf, textOf } from './churn-values.ts'
import type { Found } from './ledger.ts'

/** One call of a client at a node. Of a `set` the versions are those of the keys. */
export interface Call {
  readonly kind: 'get' | 'getMany' | 'set' | 'remove' | 'removeMany'
  readonly names: readonly string[]
  readonly versions?: readonly number[]
  readonly abortAfterMs?: number
}

/** Deadlines of the groups, in milliseconds. */
export const deadlines = { loadTimeoutMs: 2_000, peerTimeoutMs: 1_000 } as const

/** Ways to break the cache on purpose: what must be found out. */
export const breaks = {
  detach: 'a set or remove does not detach the flights of its key',
  drops: 'a node does not drop what others tell it to',
} as const

/** Breaks the cache in this process; gives what mends it. */
export function breakBy(how: keyof typeof breaks): () => void {
  const { detach } = Flights.prototype
  const { remove, removeMany } = GroupService.prototype
  if (how === 'detach') Flights.prototype.detach = () => undefined
  else {
    GroupService.prototype.remove = async () => undefined
    GroupService.prototype.removeMany = async () => undefined
  }
  return () => {
    Flights.prototype.detach = detach
    Object.assign(GroupService.prototype, { remove, removeMany })
  }
}

/** Counts what is in flight in all groups of this process that were asked since. */
export function watchFlights(): { readonly count: () => number; readonly stop: () => void } {
  const seen = new Set<Flights<unknown>>()
  const { run, runBehind } = Flights.prototype
  Flights.prototype.run = function (key, work, signal) {
    seen.add(this)
    return run.call(this, key, work, signal)
  }
  Flights.prototype.runBehind = function (key, work) {
    seen.add(this)
    return runBehind.call(this, key, work)
  }
  return {
    count: () => [...seen].reduce((sum, flights) => sum + flights.size, 0),
    stop: () => void Object.assign(Flights.prototype, { run, runBehind }),
  }
}

/** Makes the groups of a node. `versionAt` asks the origin for the version of now. */
export function makeGroups(node: GroupNode, versionAt: (name: string) => Promise<number>): void {
  // The version is looked at first and answered late: an origin whose answers are old by the time they come.
  const load = async (_key: string, { signal, keyBytes }: { signal: AbortSignal; keyBytes: Uint8Array }) => {
    const name = nameOf(keyBytes)
    const version = await versionAt(name)
    await sleep(Math.random() * 40, undefined, { signal })
    if (Math.random() < 0.02) throw new Error('The origin failed')
    return isAbsent(version) ? undefined : new TextEncoder().encode(textOf(name, version))
  }
  const shared = { ...deadlines, load }
  const [lasting, timed] = groupNames
  // Small enough that copies are evicted.
  node.group(lasting, { ...shared, maxBytes: 16_384 })
  const times = { ttlMs: 700, staleMs: 300, staleIfErrorMs: 600, negativeTtlMs: 150, refreshAheadMs: 100 }
  node.group(timed, { ...shared, ...times, maxBytes: 16_384 })
}

/** Makes a call; gives what was found for each key, or the error of the whole in place of all. */
export async function perform(node: GroupNode, call: Call): Promise<Found[]> {
  const controller = call.abortAfterMs === undefined ? undefined : new AbortController()
  const timer = controller && setTimeout(() => controller.abort(), call.abortAfterMs)
  try {
    return await answer(node, call, controller?.signal)
  } catch (error) {
    return [failureOf(error)]
  } finally {
    clearTimeout(timer)
  }
}

async function answer(node: GroupNode, call: Call, signal: AbortSignal | undefined): Promise<Found[]> {
  const { kind, names, versions } = call
  const group = node.getGroup(groupOf(names[0]!)) as Group<Uint8Array> | undefined
  if (group === undefined) throw new CacheError('CLOSED', 'The node has no groups any more')
  const keys = names.map(keyOf)
  if (kind === 'get') return [foundOf(await group.get(keys[0]!, { signal }))]
  if (kind === 'getMany') {
    const results = await group.getMany(keys, { signal })
    return results.map(result => (result.status === 'fulfilled' ? foundOf(result.value) : failureOf(result.reason)))
  }
  if (kind === 'set') await group.set(keys[0]!, new TextEncoder().encode(textOf(names[0]!, versions![0]!)), { signal })
  else if (kind === 'remove') await group.remove(keys[0]!, { signal })
  else await group.removeMany(keys, { signal })
  return []
}

function foundOf(value: Uint8Array | undefined): Found {
  return value === undefined ? { isAbsent: true } : { text: new TextDecoder().decode(value) }
}

function failureOf(error: unknown): Found {
  if (!(error instanceof Error)) return { code: 'NONE', message: String(error) }
  return {
    code: 'code' in error ? String(error.code) : error.name,
    message: `${error.message} (${String(error.cause)})`,
  }
}
