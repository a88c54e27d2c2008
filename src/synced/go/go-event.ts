import { base64Decode, base64Encode } from '../../bytes/base64.ts'
import { isWellFormed, utf8Decode, utf8Encode } from '../../bytes/utf8.ts'
import { quote } from '../../codec/quote.ts'

/** What Go's package says of a key, and `ping`, which only we say: Go ignores actions that it does not know. */
export type GoAction = 'set' | 'invalidate' | 'delete' | 'clear' | 'ping'

/** A message of the channel. */
export interface GoEvent {
  /** As in Redis, with its prefix; `*` in a `clear`, and any text in a `ping`. */
  readonly key: string
  /** The id of the process that sent it. */
  readonly sender: string
  readonly action: GoAction
  /** What a `set` wrote; empty if it does not say. */
  readonly value?: Uint8Array | undefined
  /** Of a `clear`: which keys were removed. Ours alone; Go ignores it, and means all keys. */
  readonly prefix?: string | undefined
}

const actions: readonly string[] = ['set', 'invalidate', 'delete', 'clear', 'ping'] satisfies GoAction[]

/** The JSON that Go's package sends for `event`, byte for byte; a `prefix` comes behind it. */
export function encodeGoEvent({ key, sender, action, value, prefix = '' }: GoEvent): Uint8Array {
  let text = `{"key":${quote(key)},"sender":${quote(sender)},"action":"${action}"`
  if (value !== undefined && value.byteLength > 0) text += `,"value":"${base64Encode(value)}"`
  if (prefix !== '') text += `,"prefix":${quote(prefix)}`
  return utf8Encode(`${text}}`)
}

/**
 * The event in `message`; `'unknown'` if its action is one that we do not know, `undefined` if it is no event that Go would
 * read. Reads as Go's `encoding/json` does: names in any case, the last of several, `null` and what is absent as empty,
 * other members ignored.
 */
export function decodeGoEvent(message: Uint8Array): GoEvent | 'unknown' | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(utf8Decode(message))
  } catch {
    return undefined
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined
  const members = new Map<string, string>()
  for (const [name, member] of Object.entries(parsed)) {
    const field = name.toLowerCase()
    if (member === null || !fields.has(field)) continue
    if (typeof member !== 'string' || !isWellFormed(member)) return undefined
    members.set(field, member)
  }
  const value = base64Decode(members.get('value') ?? '')
  if (value === undefined) return undefined
  const action = members.get('action') ?? ''
  if (!isAction(action)) return 'unknown'
  const [key = '', sender = '', prefix = ''] = ['key', 'sender', 'prefix'].map(name => members.get(name))
  return { key, sender, action, value, prefix }
}

const fields: ReadonlySet<string> = new Set(['key', 'sender', 'action', 'value', 'prefix'])

function isAction(text: string): text is GoAction {
  return actions.includes(text)
}
