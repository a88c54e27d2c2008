import { createClient } from 'redis'
import { redisPort } from '../../../src/redis/port-of-client.ts'
import type { RedisPort } from '../../../src/redis/redis-port.ts'
import { decodeGoJson, encodeGoJson } from '../../../src/synced/go/go-json.ts'
import { GoLevel } from '../../../src/synced/go/go-level.ts'
import type { GoSettings } from '../../../src/synced/go/go-settings.ts'
import type { RemoteFill, RemoteSink, RemoteValue, SyncedEntry } from '../../../src/synced/remote-level.ts'

export const settings: GoSettings = {
  prefix: '',
  channel: 'cache:invalidate',
  id: 'pod-a',
  inlineBytes: 4096,
  heartbeatMs: 500,
  timeoutMs: 1000,
  reader: false,
  clearWithoutPrefix: true,
  clock: Date.now,
  random: Math.random,
}

/** A value as it is written, for ever unless said otherwise. */
export function remoteValue(value: unknown, more: Partial<RemoteValue> = {}): RemoteValue {
  const { codec, bytes: body } = encodeGoJson(value)
  return { codec, body, ttlMs: undefined, staleMs: 0, tags: [], broadcast: 'value', ...more }
}

/** The smallest cache that can stand on a `GoLevel`: without a limit, and one call of a key at a time. */
export class GoPod implements RemoteSink {
  readonly level: GoLevel
  readonly port: RedisPort
  readonly local = new Map<string, SyncedEntry>()
  readonly prefix: string
  readonly problems: Error[] = []
  /** What the level said, in order. */
  readonly log: string[] = []
  remoteReads = 0
  readonly #moved = new Map<string, number>()
  #era = 0
  #isInStep = false

  constructor(url: string, more: Partial<GoSettings> = {}, portOf: (port: RedisPort) => RedisPort = port => port) {
    this.prefix = more.prefix ?? ''
    this.port = portOf(redisPort(createClient({ url })))
    this.level = new GoLevel(this.port, { ...settings, ...more }, this)
  }

  static async open(...args: ConstructorParameters<typeof GoPod>): Promise<GoPod> {
    const pod = new GoPod(...args)
    await pod.level.open()
    return pod
  }

  async get(key: string): Promise<unknown> {
    const entry = this.#find(key)
    if (entry !== undefined) return decodeGoJson(entry.body)
    const era = this.#era
    this.remoteReads++
    const [read] = await this.level.read([key])
    if (read?.entry === undefined) return undefined
    this.#take(key, read.entry, era)
    return decodeGoJson(read.entry.body)
  }

  async put(key: string, value: unknown, more: Partial<RemoteValue> = {}): Promise<void> {
    const era = this.#era
    const [entry] = await this.level.write([[key, remoteValue(value, more)]])
    if (entry !== undefined) this.#take(key, entry, era)
  }

  /** Reads, and if nothing is there writes what `load` gives; tells whether it did. */
  async fill(key: string, load: () => Promise<unknown>, more: Partial<RemoteFill> = {}): Promise<boolean> {
    const [read] = await this.level.read([key])
    const value = remoteValue(await load())
    const entry = await this.level.fill(key, { ...value, seen: read?.seen, ...more })
    return entry !== undefined
  }

  async remove(key: string): Promise<void> {
    this.#drop(key, await this.level.delete(key))
  }

  async close(): Promise<void> {
    await this.level.close()
    await this.port.close()
  }

  set(key: string, entry: SyncedEntry, sender: string): void {
    this.log.push(`set ${key} by ${sender}`)
    this.#note(key, entry.version)
    if (this.#isInStep && (this.local.get(key)?.version ?? -1) <= entry.version) this.local.set(key, entry)
  }

  drop(key: string, version: number): void {
    this.log.push(`drop ${key}`)
    this.#drop(key, version)
  }

  dropTag(): void {
    throw new Error('There are no tags')
  }

  reset(reason: string): void {
    this.log.push(`reset ${reason}`)
    this.#era++
    this.local.clear()
  }

  inStep(isInStep: boolean): void {
    this.log.push(isInStep ? 'in step' : 'out of step')
    this.#era++
    this.#isInStep = isInStep
  }

  problem(error: Error): void {
    this.problems.push(error)
  }

  #find(key: string): SyncedEntry | undefined {
    const entry = this.local.get(key)
    return entry !== undefined && entry.expiresAtMs > Date.now() ? entry : undefined
  }

  #take(key: string, entry: SyncedEntry, era: number): void {
    const isMoved = era !== this.#era || (this.#moved.get(key) ?? -1) > entry.version
    if (!this.#isInStep || isMoved || (this.local.get(key)?.version ?? -1) > entry.version) return
    this.local.set(key, entry)
  }

  #drop(key: string, version: number): void {
    this.#note(key, version)
    if ((this.local.get(key)?.version ?? version) < version) this.local.delete(key)
  }

  #note(key: string, version: number): void {
    this.#moved.set(key, Math.max(version, this.#moved.get(key) ?? -1))
  }
}
