import type { Entry } from '../entry.ts'
import { operations, type PeerRequest } from './http-message.ts'
import { encodeManyRequest } from './many-get.ts'
import { encodeSetRequest } from './messages.ts'
import { encodeRemoveKeys, isUtf8 } from './remove-keys.ts'
import { operationTarget, type PathRules, targetOf } from './target.ts'

/** Asks for a value; see {@link concludeGet}. */
export function getRequest(rules: PathRules, group: string, key: Uint8Array): PeerRequest {
  return { method: 'GET', target: targetOf(rules, group, key) }
}

/** Puts a value; see {@link concludeChange}. */
export function setRequest(rules: PathRules, group: string, key: Uint8Array, entry: Entry): PeerRequest {
  return { method: 'PUT', target: targetOf(rules, group, key), body: encodeSetRequest(group, key, entry) }
}

/** Removes a key; see {@link concludeChange}. */
export function removeRequest(rules: PathRules, group: string, key: Uint8Array): PeerRequest {
  return { method: 'DELETE', target: targetOf(rules, group, key) }
}

/** What removes many keys: at most one request for all at once, and one for each key that JSON cannot carry. */
export interface RemoveManyRequests {
  /** See {@link concludeRemoveMany}. Absent if there is nothing for it. */
  readonly atOnce?: PeerRequest | undefined
  /** The keys in `atOnce`, for a peer that does not know it. */
  readonly keysAtOnce: readonly Uint8Array[]
  /** See {@link concludeChange}. */
  readonly single: readonly PeerRequest[]
}

/** Removes many keys. */
export function removeManyRequests(rules: PathRules, group: string, keys: readonly Uint8Array[]): RemoveManyRequests {
  const keysAtOnce = keys.filter(isUtf8)
  const single = keys.filter(key => !isUtf8(key)).map(key => removeRequest(rules, group, key))
  if (keysAtOnce.length === 0) return { keysAtOnce, single }
  const target = operationTarget(rules, group, operations.removeKeys)
  return { atOnce: { method: 'POST', target, body: encodeRemoveKeys(group, keysAtOnce) }, keysAtOnce, single }
}

/** Asks a node of ours for up to {@link maxManyKeys} values; see {@link concludeGetMany}. */
export function getManyRequest(rules: PathRules, group: string, keys: readonly Uint8Array[]): PeerRequest {
  const target = operationTarget(rules, group, operations.getKeys)
  return { method: 'POST', target, body: encodeManyRequest(keys) }
}
