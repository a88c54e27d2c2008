/** An integer of Go: a `number` up to 2^53 - 1, a `bigint` beyond, to 64 bits. */
export type Int = number | bigint

// The fields have the names and the order of Go's JSON. Times are RFC 3339 text, addresses and prefixes text, bytes
// base64. A field that may be absent has Go's zero then. A newer Tailscale may add fields: they are kept all the same.

/** A device of the tailnet: the self node or a peer. */
export interface Node {
  readonly ID: Int
  readonly StableID: string
  readonly Name: string
  readonly User: Int
  readonly Sharer?: Int | undefined
  readonly Key: string
  readonly KeyExpiry?: string | undefined
  readonly KeySignature?: string | undefined
  readonly Machine?: string | undefined
  readonly DiscoKey?: string | undefined
  readonly Addresses: readonly string[] | null
  readonly AllowedIPs?: readonly string[] | undefined
  readonly Endpoints?: readonly string[] | undefined
  readonly DERP?: string | undefined
  readonly HomeDERP?: Int | undefined
  readonly Hostinfo?: Hostinfo | undefined
  readonly Created?: string | undefined
  readonly Cap?: Int | undefined
  readonly Tags?: readonly string[] | undefined
  readonly PrimaryRoutes?: readonly string[] | undefined
  readonly LastSeen?: string | undefined
  readonly Online?: boolean | undefined
  readonly MachineAuthorized?: boolean | undefined
  readonly Capabilities?: readonly string[] | undefined
  readonly CapMap?: Readonly<Record<string, readonly unknown[] | null>> | undefined
  readonly UnsignedPeerAPIOnly?: boolean | undefined
  readonly ComputedName?: string | undefined
  readonly ComputedNameWithHost?: string | undefined
  readonly DataPlaneAuditLogID?: string | undefined
  readonly Expired?: boolean | undefined
  readonly SelfNodeV4MasqAddrForThisPeer?: string | undefined
  readonly SelfNodeV6MasqAddrForThisPeer?: string | undefined
  readonly IsWireGuardOnly?: boolean | undefined
  readonly IsJailed?: boolean | undefined
  readonly ExitNodeDNSResolvers?: readonly (Resolver | null)[] | undefined
}

/** What a node says about the machine it runs on. */
export interface Hostinfo {
  readonly IPNVersion?: string | undefined
  readonly FrontendLogID?: string | undefined
  readonly BackendLogID?: string | undefined
  readonly OS?: string | undefined
  readonly OSVersion?: string | undefined
  readonly Container?: boolean | null | undefined
  readonly Env?: string | undefined
  readonly Distro?: string | undefined
  readonly DistroVersion?: string | undefined
  readonly DistroCodeName?: string | undefined
  readonly App?: string | undefined
  readonly Desktop?: boolean | null | undefined
  readonly Package?: string | undefined
  readonly DeviceModel?: string | undefined
  readonly PushDeviceToken?: string | undefined
  readonly Hostname?: string | undefined
  readonly ShieldsUp?: boolean | undefined
  readonly ShareeNode?: boolean | undefined
  readonly NoLogsNoSupport?: boolean | undefined
  readonly RemoteConfig?: boolean | undefined
  readonly WireIngress?: boolean | undefined
  readonly IngressEnabled?: boolean | undefined
  readonly AllowsUpdate?: boolean | undefined
  readonly Machine?: string | undefined
  readonly GoArch?: string | undefined
  readonly GoArchVar?: string | undefined
  readonly GoVersion?: string | undefined
  readonly RoutableIPs?: readonly string[] | undefined
  readonly RequestTags?: readonly string[] | undefined
  readonly WoLMACs?: readonly string[] | undefined
  readonly Services?: readonly Service[] | undefined
  readonly NetInfo?: NetInfo | undefined
  readonly sshHostKeys?: readonly string[] | undefined
  readonly Cloud?: string | undefined
  readonly Userspace?: boolean | null | undefined
  readonly UserspaceRouter?: boolean | null | undefined
  readonly AppConnector?: boolean | null | undefined
  readonly ServicesHash?: string | undefined
  readonly PeerRelay?: boolean | undefined
  readonly ExitNodeID?: string | undefined
  readonly Location?: Location | undefined
  readonly TPM?: TPMInfo | undefined
  readonly StateEncrypted?: boolean | null | undefined
}

/** A service that a node offers. */
export interface Service {
  readonly Proto: string
  readonly Port: Int
  readonly Description?: string | undefined
}

/** What a node found out about its network. */
export interface NetInfo {
  readonly MappingVariesByDestIP?: boolean | null | undefined
  readonly WorkingIPv6?: boolean | null | undefined
  readonly OSHasIPv6?: boolean | null | undefined
  readonly WorkingUDP?: boolean | null | undefined
  readonly WorkingICMPv4?: boolean | null | undefined
  readonly HavePortMap?: boolean | undefined
  readonly UPnP?: boolean | null | undefined
  readonly PMP?: boolean | null | undefined
  readonly PCP?: boolean | null | undefined
  readonly PreferredDERP?: Int | undefined
  readonly LinkType?: string | undefined
  readonly DERPLatency?: Readonly<Record<string, number>> | undefined
  readonly FirewallMode?: string | undefined
}

/** Where a node is, for exit nodes. */
export interface Location {
  readonly Country?: string | undefined
  readonly CountryCode?: string | undefined
  readonly City?: string | undefined
  readonly CityCode?: string | undefined
  readonly Latitude?: number | undefined
  readonly Longitude?: number | undefined
  readonly Priority?: Int | undefined
}

/** The security chip of a node. */
export interface TPMInfo {
  readonly Manufacturer?: string | undefined
  readonly Vendor?: string | undefined
  readonly Model?: Int | undefined
  readonly FirmwareVersion?: Int | undefined
  readonly SpecRevision?: Int | undefined
  readonly FamilyIndicator?: string | undefined
}

/** A user, as shown to others. */
export interface UserProfile {
  readonly ID: Int
  readonly LoginName: string
  readonly DisplayName: string
  readonly ProfilePicURL?: string | undefined
  readonly Groups?: readonly string[] | undefined
}

/** DNS settings of the tailnet. */
export interface DNSConfig {
  readonly Resolvers?: readonly (Resolver | null)[] | undefined
  readonly Routes?: Readonly<Record<string, readonly (Resolver | null)[] | null>> | undefined
  readonly FallbackResolvers?: readonly (Resolver | null)[] | undefined
  readonly Domains?: readonly string[] | undefined
  readonly Proxied?: boolean | undefined
  readonly Nameservers?: readonly string[] | undefined
  readonly CertDomains?: readonly string[] | undefined
  readonly ExtraRecords?: readonly DNSRecord[] | undefined
  readonly ExitNodeFilteredSet?: readonly string[] | undefined
  readonly TempCorpIssue13969?: string | undefined
}

/** One DNS resolver. */
export interface Resolver {
  readonly Addr?: string | undefined
  readonly BootstrapResolution?: readonly string[] | undefined
  readonly UseWithExitNode?: boolean | undefined
}

/** An extra DNS record. */
export interface DNSRecord {
  readonly Name: string
  readonly Type?: string | undefined
  readonly Value: string
}

/** The relay servers. */
export interface DERPMap {
  readonly HomeParams?: DERPHomeParams | undefined
  readonly Regions: Readonly<Record<string, DERPRegion | null>> | null
  readonly omitDefaultRegions?: boolean | undefined
}

/** How a node picks its home relay. */
export interface DERPHomeParams {
  readonly RegionScore?: Readonly<Record<string, number>> | undefined
}

/** One region of relay servers. */
export interface DERPRegion {
  readonly RegionID: Int
  readonly RegionCode: string
  readonly RegionName: string
  readonly Latitude?: number | undefined
  readonly Longitude?: number | undefined
  readonly Avoid?: boolean | undefined
  readonly NoMeasureNoHome?: boolean | undefined
  readonly Nodes: readonly (DERPNode | null)[] | null
}

/** One relay server. */
export interface DERPNode {
  readonly Name: string
  readonly RegionID: Int
  readonly HostName: string
  readonly CertName?: string | undefined
  readonly IPv4?: string | undefined
  readonly IPv6?: string | undefined
  readonly STUNPort?: Int | undefined
  readonly STUNOnly?: boolean | undefined
  readonly DERPPort?: Int | undefined
  readonly InsecureForTests?: boolean | undefined
  readonly STUNTestIP?: string | undefined
  readonly CanPort80?: boolean | undefined
}

/** Who may log in by Tailscale SSH. */
export interface SSHPolicy {
  readonly rules: readonly (SSHRule | null)[] | null
}

/** One rule of an SSH policy; the first that matches decides. */
export interface SSHRule {
  readonly ruleExpires?: string | undefined
  readonly principals: readonly (SSHPrincipal | null)[] | null
  readonly sshUsers: Readonly<Record<string, string>> | null
  readonly action: SSHAction | null
  readonly acceptEnv?: readonly string[] | undefined
}

/** Whom an SSH rule is about. */
export interface SSHPrincipal {
  readonly node?: string | undefined
  readonly nodeIP?: string | undefined
  readonly userLogin?: string | undefined
  readonly any?: boolean | undefined
  readonly pubKeys?: readonly string[] | undefined
}

/** What an SSH rule does; `sessionDuration` is in nanoseconds. */
export interface SSHAction {
  readonly message?: string | undefined
  readonly reject?: boolean | undefined
  readonly accept?: boolean | undefined
  readonly sessionDuration?: Int | undefined
  readonly allowAgentForwarding?: boolean | undefined
  readonly holdAndDelegate?: string | undefined
  readonly allowLocalPortForwarding?: boolean | undefined
  readonly allowRemotePortForwarding?: boolean | undefined
  readonly recorders?: readonly string[] | undefined
  readonly onRecordingFailure?: SSHRecorderFailureAction | undefined
}

/** What to do when a session cannot be recorded. */
export interface SSHRecorderFailureAction {
  readonly RejectSessionWithMessage?: string | undefined
  readonly TerminateSessionWithMessage?: string | undefined
  readonly NotifyURL?: string | undefined
}

/** One packet filter rule. */
export interface FilterRule {
  readonly SrcIPs: readonly string[] | null
  readonly SrcBits?: readonly Int[] | undefined
  readonly DstPorts?: readonly NetPortRange[] | undefined
  readonly IPProto?: readonly Int[] | undefined
  readonly CapGrant?: readonly CapGrant[] | undefined
}

/** A range of ports on a range of addresses. */
export interface NetPortRange {
  readonly IP: string
  readonly Bits?: Int | undefined
  readonly Ports: PortRange
}

/** Ports, both ends included. */
export interface PortRange {
  readonly First: Int
  readonly Last: Int
}

/** Capabilities that peers are granted on addresses. */
export interface CapGrant {
  readonly Dsts: readonly string[] | null
  readonly Caps?: readonly string[] | undefined
  readonly CapMap?: Readonly<Record<string, readonly unknown[] | null>> | undefined
}

/** A health message from the control plane. */
export interface DisplayMessage {
  readonly Title: string
  readonly Text: string
  readonly Severity: string
  readonly ImpactsConnectivity?: boolean | undefined
  readonly PrimaryAction?: DisplayMessageAction | undefined
}

/** A link beside a message. */
export interface DisplayMessageAction {
  readonly URL: string
  readonly Label: string
}
