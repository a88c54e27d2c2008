import { readFileSync } from 'node:fs'

/** A call of Go's client: what it sent, what it was answered, and what it made of that. */
export interface ClientRow {
  readonly name: string
  readonly call: 'get' | 'set' | 'remove' | 'removeKeys'
  readonly group: string
  readonly keyHex?: string
  readonly keys?: readonly string[]
  readonly valueHex?: string
  readonly expireUnixNs?: string
  readonly requestLatin1: string
  readonly requestBodyHex?: string
  readonly answerLatin1: string
  readonly answerBodyHex?: string
  readonly gotValueHex?: string
  readonly gotExpireUnixNs?: string
  readonly goError?: string
}

/** A request to Go's server, and its answer. */
export interface ServerRow {
  readonly name: string
  readonly requestLatin1: string
  readonly requestBodyHex?: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly responseBodyHex: string
  readonly closedWithoutAnswer?: boolean
  readonly effect?: string
}

const url = new URL('../../../fixtures/groupcache/wire.json', import.meta.url)

/** The conversations of wire.json. */
export const recordedRows = JSON.parse(readFileSync(url, 'utf8')) as {
  readonly client: readonly ClientRow[]
  readonly server: readonly ServerRow[]
}
