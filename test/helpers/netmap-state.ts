import { Random } from './random.ts'

/** A network map as plain JSON data with Go's field names. */
export interface NetmapState {
  SelfNode: NetmapPeer
  NodeKey: string
  MachineKey: string
  Peers: NetmapPeer[]
  UserProfiles: Record<string, unknown>
  DNS: Record<string, unknown>
  DERPMap: Record<string, unknown>
  SSHPolicy: Record<string, unknown>
  PacketFilterRules: unknown[]
  CollectServices: boolean
  DisplayMessages: Record<string, unknown>
  TKAEnabled: boolean
  TKAHead: string
  Domain: string
  DomainAuditLogID: string
}

/** A node of the network map; the fields that tests touch by name, and any others. */
export interface NetmapPeer {
  ID: number
  StableID: string
  Key: string
  Endpoints?: string[]
  DERP: string
  HomeDERP: number
  Online: boolean
  [field: string]: unknown
}

const hex = '0123456789abcdef'
const alphanumeric = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const systems = [
  ['linux', 'Debian 12.5 (bookworm); kernel=6.1.0-21-amd64'],
  ['linux', 'Ubuntu 22.04; kernel=5.15.0-105-generic'],
  ['windows', '10.0.22631.3447'],
  ['macOS', '14.4.1'],
  ['iOS', '17.4.1'],
  ['android', '14'],
] as const
const hosts = ['web', 'mail', 'laptop', 'runner', 'gateway', 'nas', 'build', 'node', 'phone', 'tablet', 'exit', 'lab']
const names = ['Ada', 'Børge', '王芳', 'Chloé', 'Дмитрий', 'Ewa', 'Farid', 'Grete', 'Hiro', 'Inés', 'Jun', 'Kwame']
// With the share of nodes that have each: the combinations are many, but few of them are frequent.
const capabilities = [
  ['default-auto-update', 0.5],
  ['funnel', 0.1],
  ['https', 0.9],
  ['https://tailscale.com/cap/file-sharing', 0.95],
  ['https://tailscale.com/cap/is-admin', 0.1],
  ['https://tailscale.com/cap/is-owner', 0.02],
  ['https://tailscale.com/cap/ssh', 0.8],
  ['probe-udp-lifetime', 0.9],
  ['store-appc-routes', 0.05],
  ['suggest-exit-node-ui', 0.3],
  ['tailnet-display-name', 0.5],
] as const

/** What a network map is made of. */
class NetmapRandom extends Random {
  text(length: number, alphabet: string): string {
    return this.list(length, () => alphabet[this.below(alphabet.length)]!).join('')
  }

  list<T>(length: number, make: (index: number) => T): T[] {
    return Array.from({ length }, (_, index) => make(index))
  }

  time(): string {
    return new Date(1_700_000_000_000 + this.below(60_000_000) * 1000).toISOString().replace('.000Z', 'Z')
  }

  ipv4(): string {
    return `${1 + this.below(223)}.${this.below(256)}.${this.below(256)}.${this.below(256)}`
  }

  tailnetIpv4(): string {
    return `100.${64 + this.below(64)}.${this.below(256)}.${this.below(256)}`
  }

  endpoint(): string {
    const port = this.chance(0.7) ? 41_641 : 1024 + this.below(64_000)
    if (this.chance(0.8)) return `${this.ipv4()}:${port}`
    return `[2001:db8:${(1 + this.below(0xffff)).toString(16)}::${(1 + this.below(0xffff)).toString(16)}]:${port}`
  }
}

/**
 * A deterministic network map with `peers` peers (about 1.38 KB of JSON each) and `peers / 5` users: optional fields,
 * a dictionary-like `CapMap`, names beyond Latin-1. Go's types read it and write back the same values.
 */
export function netmapState(peers: number, seed = 42): NetmapState {
  const random = new NetmapRandom(seed)
  const userIds = Array.from({ length: Math.max(1, Math.floor(peers / 5)) }, (_, i) => 1_000_000_000 + i * 104_729)
  const self = node(random, 1, userIds)
  const state: NetmapState = {
    SelfNode: self,
    NodeKey: self.Key,
    MachineKey: `mkey:${random.text(64, hex)}`,
    Peers: random.list(peers, index => node(random, index + 2, userIds)),
    UserProfiles: Object.fromEntries(userIds.map((id, index) => [String(id), profile(random, id, index)])),
    DNS: dns(random),
    DERPMap: { Regions: Object.fromEntries(random.list(25, index => [String(index + 1), region(random, index + 1)])) },
    SSHPolicy: { rules: random.list(20, index => sshRule(random, index)) },
    PacketFilterRules: random.list(200, () => filterRule(random)),
    CollectServices: true,
    DisplayMessages: {},
    TKAEnabled: false,
    // 256 bits: the last character has one of them.
    TKAHead: `${random.text(51, base32)}${random.pick(['A', 'Q'])}`,
    Domain: 'example.com',
    DomainAuditLogID: random.text(64, hex),
  }
  // Through JSON once: strings are flat and objects are laid out as in a state that was received.
  return JSON.parse(JSON.stringify(state)) as NetmapState
}

/**
 * Changes `count` peers: endpoints, home region, online. `inplace` changes `state` itself, `immutable` gives a copy that
 * shares what did not change. Returns the state and the indexes, ascending.
 */
export function changePeers(
  state: NetmapState,
  count: number,
  round: number,
  mode: 'inplace' | 'immutable',
): { state: NetmapState; indexes: number[] } {
  const random = new NetmapRandom(1000 + round * 31 + count)
  const chosen = new Set<number>()
  while (chosen.size < Math.min(count, state.Peers.length)) chosen.add(random.below(state.Peers.length))
  const indexes = [...chosen].sort((a, b) => a - b)
  const target = mode === 'inplace' ? state : { ...state, Peers: [...state.Peers] }
  for (const index of indexes) {
    const peer = target.Peers[index]!
    const home = 1 + random.below(25)
    const change = {
      Endpoints: random.list(3, () => random.endpoint()),
      DERP: `127.3.3.40:${home}`,
      HomeDERP: home,
      Online: !peer.Online,
    }
    if (mode === 'inplace') Object.assign(peer, change)
    else target.Peers[index] = { ...peer, ...change }
  }
  return { state: target, indexes }
}

function node(random: NetmapRandom, number: number, userIds: readonly number[]): NetmapPeer {
  const [os, osVersion] = random.pick(systems)
  const host = `${random.pick(hosts)}-${number}`
  const online = random.chance(0.6)
  const tagged = random.chance(0.2)
  const addresses = [
    `100.${64 + ((number >> 16) & 63)}.${(number >> 8) & 255}.${number & 255}/32`,
    `fd7a:115c:a1e0::${number > 0xffff ? `${(number >>> 16).toString(16)}:` : ''}${(number & 0xffff).toString(16)}/128`,
  ]
  const home = 1 + random.below(25)
  return {
    ID: 1_000_000_000_000_000 + number * 7919 + random.below(7000),
    StableID: `n${random.text(11, alphanumeric)}${number.toString(36).padStart(4, '0')}CNTRL`,
    Name: `${host}.tail4d2.ts.net.`,
    User: random.pick(userIds),
    Key: `nodekey:${random.text(64, hex)}`,
    ...(tagged ? {} : { KeyExpiry: random.time() }),
    Machine: `mkey:${random.text(64, hex)}`,
    DiscoKey: `discokey:${random.text(64, hex)}`,
    Addresses: addresses,
    AllowedIPs: random.chance(0.05) ? [...addresses, `10.${number & 255}.0.0/16`] : [...addresses],
    ...(online || random.chance(0.5) ? { Endpoints: random.list(3 + random.below(3), () => random.endpoint()) } : {}),
    DERP: `127.3.3.40:${home}`,
    HomeDERP: home,
    Hostinfo: {
      IPNVersion: `1.${60 + random.below(8)}.${random.below(9)}-t${random.text(9, hex)}`,
      BackendLogID: random.text(64, hex),
      OS: os,
      OSVersion: osVersion,
      Hostname: host,
      ...(os === 'linux' ? { GoArch: random.pick(['amd64', 'arm64']) } : {}),
      ...(random.chance(0.3) ? { RequestTags: ['tag:server'] } : {}),
      Services: services(random),
    },
    Created: random.time(),
    Cap: 80 + random.below(30),
    ...(tagged ? { Tags: random.chance(0.5) ? ['tag:server'] : ['tag:prod', 'tag:k8s'] } : {}),
    ...(online ? {} : { LastSeen: random.time() }),
    Online: online,
    MachineAuthorized: true,
    ...(random.chance(0.7) ? { Capabilities: [capabilities[3][0], capabilities[6][0]] } : {}),
    CapMap: capMap(random),
    ComputedName: host,
    ComputedNameWithHost: host,
  }
}

function services(random: NetmapRandom): unknown[] {
  const list: unknown[] = [
    { Proto: 'peerapi4', Port: 1024 + random.below(64_000) },
    { Proto: 'peerapi6', Port: 1024 + random.below(64_000) },
  ]
  if (random.chance(0.5)) list.push({ Proto: 'peerapi-dns-proxy', Port: 1 })
  for (let left = random.below(4); left > 0; left--) {
    const Description = random.pick(['sshd', 'nginx', 'node', 'postgres', 'chrome'])
    list.push({ Proto: random.pick(['tcp', 'udp']), Port: 1 + random.below(65_535), Description })
  }
  return list
}

function capMap(random: NetmapRandom): Record<string, unknown> {
  const map: Record<string, unknown> = {}
  for (const [name, share] of capabilities) {
    if (!random.chance(share)) continue
    map[name] = name === 'default-auto-update' ? [true] : name === 'tailnet-display-name' ? ['example.com'] : null
  }
  return map
}

function profile(random: NetmapRandom, id: number, index: number): unknown {
  const url = `https://lh3.googleusercontent.com/a/${random.text(40, alphanumeric)}=s96-c`
  return {
    ID: id,
    LoginName: `user${index}@example.com`,
    DisplayName: `${random.pick(names)} ${random.pick(names)}`,
    ...(random.chance(0.7) ? { ProfilePicURL: url } : {}),
    ...(random.chance(0.3) ? { Groups: ['group:eng', 'group:oncall'] } : {}),
  }
}

function dns(random: NetmapRandom): Record<string, unknown> {
  return {
    Resolvers: [{ Addr: '1.1.1.1' }, { Addr: '8.8.8.8' }],
    Routes: Object.fromEntries(random.list(64, index => [`${64 + index}.100.in-addr.arpa.`, null])),
    Domains: ['tail4d2.ts.net'],
    Proxied: true,
    CertDomains: ['self.tail4d2.ts.net'],
    ExtraRecords: random.list(200, index => ({ Name: `svc${index}.corp.example.com`, Value: random.ipv4() })),
  }
}

function region(random: NetmapRandom, id: number): unknown {
  return {
    RegionID: id,
    RegionCode: random.text(3, 'abcdefghijklmnop'),
    RegionName: `Region ${id}`,
    Latitude: random.unit() * 90,
    Longitude: random.unit() * 180,
    Nodes: random.list(4, index => ({
      Name: `${id}${'abcd'[index]}`,
      RegionID: id,
      HostName: `derp${id}${'abcd'[index]}.tailscale.com`,
      IPv4: random.ipv4(),
      IPv6: `2607:f740:${id}::${index}`,
      CanPort80: true,
    })),
  }
}

function sshRule(random: NetmapRandom, index: number): unknown {
  return {
    principals: [{ nodeIP: random.ipv4() }],
    sshUsers: { '*': '=', root: '' },
    action: { accept: true, ...(index === 0 ? {} : { sessionDuration: index * 1_000_000_000 }) },
  }
}

function filterRule(random: NetmapRandom): unknown {
  return {
    SrcIPs: random.list(20, () => random.tailnetIpv4()),
    DstPorts: random.list(3, () => ({
      IP: random.tailnetIpv4(),
      Ports: { First: random.below(1000), Last: 65_535 },
    })),
    IPProto: [6, 17],
  }
}
