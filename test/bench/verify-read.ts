import { deepStrictEqual } from 'node:assert/strict'
import fs from 'node:fs'
import type { NetmapState } from '../helpers/netmap-state.ts'

/** Throws unless `value` is what `job` has to read of the state. */
export function verifyRead(job: string, value: unknown, stateFile: string, peerId: string): void {
  const state = JSON.parse(fs.readFileSync(stateFile, 'utf8')) as NetmapState
  const { Peers: _, UserProfiles: __, ...small } = state
  const peer = state.Peers.find(({ StableID }) => StableID === peerId)
  const wanted: Readonly<Record<string, unknown>> = { load: state, first: state.SelfNode, small, element: peer }
  deepStrictEqual(value, wanted[job])
}
