import type { Netmap } from './netmap.ts'

type ElementField = 'Peers' | 'UserProfiles'
type DerivedField = 'NodeKey' | 'AllCaps' | 'Cached'
type SelfField = Exclude<keyof Netmap, ElementField | DerivedField>

/** The fields that `updateSelf` replaces: everything but peers and user profiles. */
export const selfFields: readonly SelfField[] = [
  'MachineKey',
  'CollectServices',
  'DisplayMessages',
  'TKAEnabled',
  'TKAHead',
  'Domain',
  'DomainAuditLogID',
  'DNS',
  'DERPMap',
  'SelfNode',
  'PacketFilterRules',
  'SSHPolicy',
]

/** The fields with an element per peer (by `StableID`) and per user (by the property name). */
export const elementFields: readonly ElementField[] = ['Peers', 'UserProfiles']

/** The fields that are derived on load and never stored. */
export const derivedFields: readonly DerivedField[] = ['NodeKey', 'AllCaps', 'Cached']
