import type { CallSignal } from '../core/call-signal.ts'

/** One part of a Redis command. Text goes as UTF-8. */
export type RedisArgument = string | Uint8Array

/**
 * What Redis answers: strings of any kind as bytes that the caller may change (their buffer is not to be transferred),
 * integers as numbers, `null` for nil, arrays as arrays. An error within an array (of `EXEC`) is an `Error` in its place; one
 * of the whole answer rejects.
 */
export type RedisReply = Uint8Array | number | null | Error | readonly RedisReply[]

/** One command: its name and arguments, and the key that says which node of a cluster it goes to. */
export interface RedisCommand {
  /** Name and arguments, in their order. */
  readonly args: readonly RedisArgument[]
  /**
   * Which node of a cluster: the one that holds this key, the first among the arguments. A command without keys, as
   * `PUBLISH` is, goes to any node; one within a script goes out where the script runs.
   */
  readonly key?: string | undefined
}

/** Options of a {@link RedisPort} call. */
export interface RedisCallOptions {
  /** An `AbortSignal`, or what is used of one: ends the wait with `ABORTED`; whether the command was done is then unknown. */
  readonly signal?: CallSignal | undefined
}

/** Who listens to a channel. Callbacks are called one after the other, in the order of the connection, and never throw. */
export interface RedisListener {
  /** A message of the channel. The bytes are the listener's. */
  message(message: Uint8Array): void
  /** The subscription is active: at first, and again after each loss. What was published before may have been missed. */
  up(): void
  /** The subscription is lost; the port goes on trying to get it back. */
  down(cause: unknown): void
  /** An attempt to get the subscription failed; the port goes on trying. */
  failed?(cause: unknown): void
}

/** An active wish to hear a channel. */
export interface RedisSubscription {
  /** Drops the connection and makes another: for who has reason to think that it is dead although nobody said so. */
  renew(): void
  /**
   * Asks the server over the connection that hears, and publishes nothing. When it resolves, all that the server said on the
   * channel before was heard. Rejects with `UNAVAILABLE` where there is no active subscription, or it is lost meanwhile; has no
   * deadline of its own.
   */
  ping(): Promise<void>
  /** Ends it; no callback comes after. Closing twice succeeds. */
  close(): Promise<void>
}

/**
 * All that coldsnap asks of a Redis client: commands as bytes, and channels on a connection of their own. Rules are in
 * `coldsnap/contract`. A port connects when it is first used, and the calls until then wait for that one attempt; later it never
 * queues for a connection that is not there: such calls reject at once with `UNAVAILABLE`. What Redis refuses rejects with the client's own error, whose message is Redis's (`WRONGTYPE ...`).
 */
export interface RedisPort {
  /** Sends `commands` in this order, in one go where they go to one node; one reply or `Error` for each, in the order. */
  pipeline(commands: readonly RedisCommand[], options?: RedisCallOptions): Promise<readonly (RedisReply | Error)[]>
  /** Sends one command. */
  command(command: RedisCommand, options?: RedisCallOptions): Promise<RedisReply>
  /** Listens to `channel` on a connection that the port makes and owns. Returns at once; `up` tells when it is active. */
  subscribe(channel: string, listener: RedisListener): RedisSubscription
  /** The nodes of a cluster that hold keys, or the one server: for `SCAN`. */
  nodes(options?: RedisCallOptions): Promise<readonly RedisNode[]>
  /** Whether the keys are spread over the nodes of a Redis Cluster. */
  readonly isCluster: boolean
  /** The number of the database that the client's options select; channels are shared by all databases of a server. */
  readonly database: number
  /** Whether a call would be sent at once. A port that does not tell has none of the use of it below. */
  readonly isReady?: boolean
  /**
   * Drops the connections for commands and makes others: for who has reason to think that they are dead although nobody
   * said so. Calls under way are `UNAVAILABLE`; subscriptions stay.
   */
  renew?(): void
  /** Ends the connections that the port made, and its subscriptions; every other call is then `CLOSED`. May be repeated. */
  close(): Promise<void>
}

/** One node that holds keys. */
export interface RedisNode {
  /** Sends one command to this node. */
  command(command: RedisCommand, options?: RedisCallOptions): Promise<RedisReply>
}
