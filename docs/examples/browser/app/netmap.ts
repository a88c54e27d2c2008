/** The state of the example: what a client of the network knows of it. */
export interface Netmap {
  readonly self: { readonly name: string; readonly tailnet: string }
  readonly users: Readonly<Record<string, User>>
  readonly peers: readonly Peer[]
}

export interface User {
  readonly login: string
  readonly name: string
}

export interface Peer {
  readonly id: string
  readonly name: string
  /** A key of `users`. */
  readonly owner: string
  readonly addresses: readonly string[]
  readonly key: string
  readonly os: string
  readonly version: string
  readonly endpoints: readonly string[]
  readonly online: boolean
  /** ISO 8601. */
  readonly lastSeen: string
}

/** What the server is told to do, and says it does. */
export interface ServerSettings {
  /** How it answers; `unreachable` drops the connection. */
  readonly mode: ServerMode
  readonly delayMs: number
}

export type ServerMode = 'answers' | 'fails' | 'unreachable'
