import type { RedisArgument, RedisListener, RedisPort, RedisReply } from '../../redis/redis-port.ts'
import type { RuleDefinition } from '../rule-cases.ts'
import type { RedisPortRule } from './redis-port-rules.ts'

/** A port under test and what the suite may do to the Redis behind it. */
export interface RedisPortHandle {
  /** What is tested. */
  readonly port: RedisPort
  /** Lets Redis be reached no longer, all connections included. Leave it out where that cannot be done. */
  stop?(): Promise<void>
  /** Lets it be reached again after `stop`; what it held may be gone. */
  start?(): Promise<void>
  /** Lets Redis answer nothing any more, on connections that stay, until `stop`. */
  pause?(): Promise<void> | void
  /** Releases everything. Called once at the end of each case, also when it failed. Without it the port is closed. */
  close?(): Promise<void>
}

/** Opens a port that was not used yet; called once per case. Keys of earlier cases may be there. */
export type OpenRedisPort = () => RedisPortHandle | Promise<RedisPortHandle>

/** What some handles have and others do not. */
export type RedisPortOptional = 'stop' | 'pause'

/** What a case works with. */
export interface RedisPortTools {
  readonly port: RedisPort
  /** `name` as a key, or channel, that no other case has. */
  key(name: string): string
  /** Sends one command; the first argument after the name is its key. */
  call(...args: readonly RedisArgument[]): Promise<RedisReply>
  /** Listens to the channel, and writes down what it hears. */
  listen(channel: string): Heard
  stop(): Promise<void>
  start(): Promise<void>
  pause(): Promise<void>
  /** Resolves when `condition` holds, or rejects when the patience of the suite is over. */
  until(what: string, condition: () => boolean | Promise<boolean>): Promise<void>
  /** Resolves as `work` does, but rejects if that takes longer than the patience of the suite. */
  within<T>(work: Promise<T>): Promise<T>
}

/** A case of the contract before it is bound to a port. */
export type RedisPortCaseDefinition = RuleDefinition<RedisPortRule, RedisPortTools, RedisPortOptional>

/** What a subscription was told, in order. */
export class Heard implements RedisListener {
  readonly messages: Uint8Array[] = []
  /** `up` and `down`. */
  readonly states: string[] = []

  message(message: Uint8Array): void {
    this.messages.push(message)
  }

  up(): void {
    this.states.push('up')
  }

  down(): void {
    this.states.push('down')
  }

  get isUp(): boolean {
    return this.states.at(-1) === 'up'
  }
}
