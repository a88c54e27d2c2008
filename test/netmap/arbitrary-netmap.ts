import fc from 'fast-check'
import type { Netmap } from '../../src/netmap/netmap.ts'
import { type Type, TypeReader } from '../../src/netmap/schema-types.ts'
import type { Node, UserProfile } from '../../src/netmap/tailcfg.ts'

// Any string that UTF-8 has: with control characters, HTML characters, U+2028, emoji, `__proto__`, digits.
const text: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 6 }),
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.constantFrom('', '9', '10', '<b>&', '\u2028\u2029', '__proto__', '\u007f\u0000\b\f\n\r\t', 'toString', '🦔'),
)
const int64 = fc.oneof(fc.nat(9), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(small))
const double = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, 1e21, 1e-7, 1e20, 0.1),
)
const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 })
const ipv4 = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)).map(parts => parts.join('.'))
const time = fc
  .tuple(
    fc.date({ min: new Date(0), max: new Date('2200-01-01'), noInvalidDate: true }),
    fc.constantFrom('Z', '+08:30'),
  )
  .map(([date, zone]) => date.toISOString().slice(0, 19) + zone)
const prefix = fc.constantFrom('100.64.0.0/10', 'fd7a:115c:a1e0::/48', '0.0.0.0/0', '::/0', '10.1.2.3/32')
const source = fc.oneof(ipv4, prefix, fc.constantFrom('*', '10.0.0.1-10.0.0.9'))
const port = fc.nat(65_535)

/** Fields whose content Go checks. */
const byName: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  BootstrapResolution: fc.array(ipv4, { maxLength: 2 }),
  Nameservers: fc.array(ipv4, { maxLength: 2 }),
  SelfNodeV4MasqAddrForThisPeer: ipv4,
  SelfNodeV6MasqAddrForThisPeer: fc.constant('fd7a::1'),
  Endpoints: fc.array(
    fc.tuple(ipv4, port).map(parts => parts.join(':')),
    { maxLength: 2 },
  ),
  recorders: fc.array(
    fc.tuple(ipv4, port).map(parts => parts.join(':')),
    { maxLength: 2 },
  ),
  KeySignature: fc.uint8Array({ maxLength: 9 }).map(bytes => Buffer.from(bytes).toString('base64')),
  SrcIPs: fc.array(source, { maxLength: 2 }),
  IP: source,
  First: port,
  Last: port,
  Port: port,
  FirmwareVersion: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(small),
  // Go refuses rules that have them.
  SrcBits: fc.constant([]),
  Bits: fc.constant(undefined),
}

const leaves: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  bool: fc.boolean(),
  optbool: fc.option(fc.boolean()),
  int: int64,
  float: double,
  string: text,
  raw: fc.letrec<{ value: unknown }>(tie => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constant(null),
      fc.boolean(),
      text,
      double,
      fc.bigInt().map(small),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(text, tie('value'), { maxKeys: 3 }),
    ),
  })).value,
}

/** Any value of a type as a user may write it: fields in any order, left out, empty, null or zero. */
export function arbitraryOf(type: Type): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'pointer':
      return fc.option(arbitraryOf(type.of))
    case 'list':
      return fc.option(fc.array(arbitraryOf(type.of), { maxLength: 3 }))
    case 'map':
      return fc.option(fc.dictionary(type.keys === 'int' ? decimal : text, arbitraryOf(type.of), { maxKeys: 3 }))
    case 'struct':
      return fc
        .array(fc.nat(99), { minLength: type.fields.length, maxLength: type.fields.length })
        .chain(ranks => {
          // Half of the fields, in any order; Go refuses a rule without an address.
          const fields = type.fields.filter((_, i) => (ranks[i] ?? 0) < 50 || type.fields[i]?.name === 'IP')
          fields.sort((a, b) => (ranks[type.fields.indexOf(a)] ?? 0) - (ranks[type.fields.indexOf(b)] ?? 0))
          return fc.tuple(...fields.map(field => fc.tuple(fc.constant(field.name), ofField(field.name, field.type))))
        })
        .map(entries => Object.fromEntries(entries))
    default:
      return leafOf(type.kind, type.zero)
  }
}

const decimal = fc.nat(999).map(String)

function ofField(name: string, type: Type): fc.Arbitrary<unknown> {
  if (byName[name] !== undefined) return byName[name]
  if (
    type.kind === 'list' &&
    type.of.kind === 'string' &&
    /^(Addresses|AllowedIPs|PrimaryRoutes|RoutableIPs|Dsts)$/.test(name)
  ) {
    return fc.option(fc.array(prefix, { maxLength: 3 }))
  }
  if (/^(Key|Machine|DiscoKey)$/.test(name) && type.kind === 'string' && type.zero !== '""') return arbitraryOf(type)
  if (/^(KeyExpiry|Created|LastSeen|ruleExpires)$/.test(name))
    return fc.oneof(time, fc.constant('0001-01-01T00:00:00Z'))
  return arbitraryOf(type)
}

function leafOf(kind: string, zero: string): fc.Arbitrary<unknown> {
  const prefixed = /^"(\w+:)0/.exec(zero)
  if (prefixed !== null)
    return fc.oneof(
      hex.map(digits => `${prefixed[1]}${digits}`),
      fc.constant(JSON.parse(zero)),
    )
  return leaves[kind] ?? fc.constant(null)
}

function small(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}

const types = new TypeReader()
const stableIds = fc.uniqueArray(fc.string({ unit: fc.constantFrom(...'abcXYZ019'), minLength: 1, maxLength: 12 }), {
  maxLength: 4,
})

const typed = <T>(notation: string): fc.Arbitrary<T> => arbitraryOf(types.read(notation)) as fc.Arbitrary<T>

/** Any netmap that Tailscale accepts. */
export const arbitraryNetmap: fc.Arbitrary<Netmap> = fc
  .record({
    SelfNode: typed<Node>('Node'),
    User: fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }).map(small),
    Peers: stableIds.chain(ids =>
      fc.tuple(...ids.map(id => typed<Node>('Node').map((node): Node => ({ ...node, StableID: id })))),
    ),
    UserProfiles: fc
      .array(typed<UserProfile>('UserProfile'), { maxLength: 3 })
      .map(users => Object.fromEntries(users.map((user, i) => [`${i + 8}`, { ...user, ID: i + 8 }]))),
    DNS: typed<Netmap['DNS']>('DNSConfig'),
    DERPMap: typed<Netmap['DERPMap']>('*DERPMap'),
    SSHPolicy: typed<Netmap['SSHPolicy']>('*SSHPolicy'),
    PacketFilterRules: typed<Netmap['PacketFilterRules']>('[]FilterRule'),
    MachineKey: typed<string>('mkey'),
    CollectServices: fc.boolean(),
    DisplayMessages: typed<Netmap['DisplayMessages']>('map DisplayMessage'),
    TKAEnabled: fc.boolean(),
    TKAHead: fc.constantFrom('A'.repeat(52), 'XTNQ4W5TAH7NKJY4OGKJVBEJKGSSHJ3HDNP726XKFUQD7IXFKAYQ'),
    Domain: text,
    DomainAuditLogID: text,
  })
  .map(({ User, SelfNode, ...rest }) => ({ ...rest, SelfNode: { ...SelfNode, User } }))
