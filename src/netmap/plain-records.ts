import { parseSpelled } from '../codec/parse-exact.ts'
import { CacheError } from '../errors.ts'
import { decodeTyped } from './decode-typed.ts'
import { encodeTyped } from './encode-typed.ts'
import type { Netmap } from './netmap.ts'
import { type Type, TypeReader, zeroOf } from './schema-types.ts'
import type { Node, UserProfile } from './tailcfg.ts'

/** One field of a record: its name in the record, the field of the netmap it holds, and its type. */
interface RecordField {
  readonly name: string
  readonly field: keyof Netmap
  readonly type: Type
}

const types = new TypeReader()
const nodeType = types.read('*Node')
const userType = types.read('*UserProfile')
const nodeRecord = [{ name: 'Node', type: nodeType }]
const userRecord = [{ name: 'UserProfile', type: userType }]

function record(...fields: readonly (readonly [name: string, type: string, field?: keyof Netmap])[]): RecordField[] {
  return fields.map(([name, type, field]) => ({ name, field: field ?? (name as keyof Netmap), type: types.read(type) }))
}

/** The records that are no peers and no users, by key, in the order in which Tailscale writes them. */
const columns: ReadonlyMap<string, readonly RecordField[]> = new Map([
  [
    // Not a slip: the spelling is in the field for good.
    'msic',
    record(
      ['MachineKey', 'mkey'],
      ['CollectServices', 'bool'],
      ['DisplayMessages', 'map DisplayMessage'],
      ['TKAEnabled', 'bool'],
      ['TKAHead', 'aumhash'],
      ['Domain', 'string'],
      ['DomainAuditLogID', 'string'],
    ),
  ],
  ['dns', record(['DNS', 'DNSConfig'])],
  ['derpmap', record(['DERPMap', '*DERPMap'])],
  ['self', record(['Node', '*Node', 'SelfNode'])],
  ['filter', record(['Rules', '[]FilterRule', 'PacketFilterRules'])],
  ['ssh', record(['SSHPolicy', '*SSHPolicy'])],
])

/** The key of the record that a load cannot do without. */
export const selfKey = 'self'

/** The keys of {@link columns}. */
export const columnKeys: readonly string[] = [...columns.keys()]

/** The fields of the netmap that the record of the column `key` holds. */
export function columnFields(key: string): readonly (keyof Netmap)[] {
  return (columns.get(key) ?? []).map(({ field }) => field)
}

export function peerKey(stableId: string): string {
  return `peer-${stableId}`
}

function userKey(id: string): string {
  return `user-${id}`
}

/** What a record of this key holds; `undefined` for a key that is not Tailscale's. */
export function recordKind(key: string): 'column' | 'peer' | 'user' | undefined {
  if (columns.has(key)) return 'column'
  if (key.startsWith('peer-')) return 'peer'
  return /^user-(?:0|-?[1-9]\d*)$/.test(key) ? 'user' : undefined
}

/** The records of `netmap` but for peers and users, in writing order; no `ssh` record without a policy. */
export function encodeSelf(netmap: Netmap): Map<string, string> {
  const texts = new Map<string, string>()
  for (const [key, fields] of columns) {
    if (key === 'ssh' && (netmap.SSHPolicy === null || netmap.SSHPolicy === undefined)) continue
    const members = fields.map(({ name, field, type }) => `"${name}":${encodeTyped(netmap[field], type, field)}`)
    texts.set(key, `{${members.join(',')}}`)
  }
  return texts
}

/** All records of `netmap`, in writing order. Throws `DUPLICATE_KEY` for two peers with one StableID. */
export function encodeNetmap(netmap: Netmap): Map<string, string> {
  const texts = encodeSelf(netmap)
  for (const [i, peer] of (netmap.Peers ?? []).entries()) {
    const [key, text] = encodePeer(peer, `Peers[${i}]`)
    if (texts.has(key)) {
      throw new CacheError(
        'DUPLICATE_KEY',
        `Cannot store Peers[${i}]: another peer has its StableID ${peer.StableID}`,
        { key },
      )
    }
    texts.set(key, text)
  }
  for (const [id, profile] of Object.entries(netmap.UserProfiles ?? {})) {
    const key = userKey(id)
    const root = `UserProfiles[${JSON.stringify(id)}]`
    if (recordKind(key) !== 'user') throw new TypeError(`Key of ${root} must be a decimal user ID`)
    if (typeof profile !== 'object' || profile === null) throw new TypeError(`${root} must be an object`)
    texts.set(key, `{"UserProfile":${encodeTyped(profile, userType, root)}}`)
  }
  return texts
}

/** The record of one peer; `root` names it in messages. */
export function encodePeer(peer: Node, root: string): [key: string, text: string] {
  if (typeof peer?.StableID !== 'string') throw new TypeError(`${root} must be an object with a StableID`)
  return [peerKey(peer.StableID), `{"Node":${encodeTyped(peer, nodeType, root)}}`]
}

/** The fields of the netmap that the record of a column holds. Throws on anything that is not such a record. */
export function decodeColumn(key: string, text: string): Partial<Netmap> {
  const fields = columns.get(key) ?? []
  const found = decodeRecord(text, fields)
  return Object.fromEntries(fields.map(({ name, field }) => [field, found.get(name)]))
}

/** The zero values of the fields of the column `key`, for a record that is absent or broken. */
export function zeroColumn(key: string): Partial<Netmap> {
  const fields = columns.get(key) ?? []
  return Object.fromEntries(fields.map(({ field, type }) => [field, zeroOf(type)]))
}

/** The self node. Throws on anything that is not its record. */
export function decodeSelf(text: string): Node {
  const node = decodeRecord(text, nodeRecord).get('Node')
  if (node === null) throw new SyntaxError('Record has no node')
  return node as Node
}

/** The node of a peer record. Throws on anything that is not the record of this key. */
export function decodePeer(key: string, text: string): Node {
  const node = decodeSelf(text)
  if (peerKey(node.StableID) !== key) throw new SyntaxError(`Record is of the peer ${node.StableID}`)
  return node
}

/** The profile of a user record. Throws on anything that is not the record of this key. */
export function decodeUser(key: string, text: string): UserProfile {
  const profile = decodeRecord(text, userRecord).get('UserProfile')
  if (profile === null) throw new SyntaxError('Record has no user profile')
  const user = profile as UserProfile
  if (userKey(String(user.ID)) !== key) throw new SyntaxError(`Record is of the user ${user.ID}`)
  return user
}

// The values have the types of their fields: decodeTyped checks every one of them.
function decodeRecord(text: string, fields: readonly Pick<RecordField, 'name' | 'type'>[]): Map<string, unknown> {
  const parsed = parseSpelled(text)
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new SyntaxError('Record is no object')
  const members = new Map<string, unknown>(Object.entries(parsed))
  if (!fields.some(({ name }) => members.has(name))) {
    throw new SyntaxError(`Record has no field ${fields.map(({ name }) => name).join(' or ')}`)
  }
  return new Map(fields.map(({ name, type }) => [name, decodeTyped(members.get(name), type, name)]))
}
