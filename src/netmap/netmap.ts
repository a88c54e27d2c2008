import type { DERPMap, DisplayMessage, DNSConfig, FilterRule, Node, SSHPolicy, UserProfile } from './tailcfg.ts'

/** A Tailscale network map: the persisted fields of Go's `netmap.NetworkMap`, under its names. */
export interface Netmap {
  readonly SelfNode: Node
  /** Sorted by `ID` after a load. */
  readonly Peers: readonly Node[] | null
  /** By user ID in decimal digits. */
  readonly UserProfiles: Readonly<Record<string, UserProfile>> | null
  readonly DNS: DNSConfig
  readonly DERPMap: DERPMap | null
  readonly SSHPolicy: SSHPolicy | null
  readonly PacketFilterRules: readonly FilterRule[] | null
  readonly MachineKey: string
  readonly CollectServices: boolean
  readonly DisplayMessages: Readonly<Record<string, DisplayMessage>> | null
  readonly TKAEnabled: boolean
  readonly TKAHead: string
  readonly Domain: string
  readonly DomainAuditLogID: string
  /** Derived from `SelfNode` on load, never stored. */
  readonly NodeKey?: string | undefined
  /** The capabilities of `SelfNode`: derived on load, sorted by their bytes, never stored. */
  readonly AllCaps?: readonly string[] | undefined
  /** Whether the map came from a cache. Such a map is not stored again. */
  readonly Cached?: boolean | undefined
}

/** A {@link Netmap} that came from a cache, with its derived fields. */
export interface LoadedNetmap extends Netmap {
  readonly NodeKey: string
  readonly AllCaps: readonly string[]
  readonly Cached: true
}
