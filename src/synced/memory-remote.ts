import { CacheError } from '../errors.ts'
import type {
  RemoteFill,
  RemoteLease,
  RemoteLevel,
  RemoteRead,
  RemoteSink,
  RemoteValue,
  SyncedEntry,
} from './remote-level.ts'
import type { RemoteLevelFactory, SyncedSettings } from './synced-settings.ts'

/** What travels between a process and a {@link MemoryRemote}. */
export type MemoryCargo = 'request' | 'reply' | 'event'

/** Options of {@link MemoryRemote}. */
export interface MemoryRemoteOptions {
  /** Milliseconds since 1970, the clock of all. @default Date.now */
  readonly clock?: (() => number) | undefined
  /** Calls `deliver`, now or later, once or never: events of one process arrive in their order all the same. @default at once */
  readonly carry?: ((deliver: () => void, cargo: MemoryCargo) => void) | undefined
}

interface Stored {
  readonly entry: SyncedEntry
  /** Deleted, and remembered for as long as loads may take. */
  readonly isTombstone: boolean
}

type Change =
  | { readonly kind: 'set'; readonly key: string; readonly entry: SyncedEntry; readonly isInline: boolean }
  | { readonly kind: 'drop'; readonly key: string }
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'clear' }

/** One change, and what shows whether the one before it was received. */
interface MemoryEvent {
  readonly change: Change
  readonly sequence: number
  readonly sender: string
}

/** What a fill is held against. */
class Seen {
  readonly epoch: number
  /** 0: nothing was there. */
  readonly version: number
  /** What had happened until then. */
  readonly sequence: number

  constructor(epoch: number, version: number, sequence: number) {
    this.epoch = epoch
    this.version = version
    this.sequence = sequence
  }
}

interface Held {
  readonly token: string
  readonly untilMs: number
}

/**
 * In place of Redis, within one process: caches opened with `remote: memory.connect` are in step as they would be over a
 * server, by the same rules. For tests of what uses caches, with the failures of a network on demand.
 */
export class MemoryRemote {
  /** Value of the option `remote` of `SyncedCache.open`. */
  readonly connect: RemoteLevelFactory = (sink, settings) => new MemoryLevel(this.#server, sink, settings)
  readonly #server: MemoryServer

  constructor(options: MemoryRemoteOptions = {}) {
    const { clock = Date.now, carry = deliver => deliver() } = options
    this.#server = new MemoryServer(clock, carry)
  }

  /** Whether calls fail and events are lost. When it ends, all processes find out what they missed. */
  get isDown(): boolean {
    return this.#server.isDown
  }

  set isDown(isDown: boolean) {
    this.#server.setDown(isDown)
  }

  /** How many calls came so far, of each method. */
  get calls(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#server.calls)
  }

  /** What is stored under a key: encoded, and only if it is valid. */
  peek(key: string): SyncedEntry | undefined {
    return this.#server.valid(key)
  }

  /** Puts bytes under a key without telling anybody, as somebody else might. */
  plant(key: string, entry: SyncedEntry): void {
    this.#server.values.set(key, { entry, isTombstone: false })
  }

  /** Lets all processes see whether they missed an event, as a server's heartbeat does. */
  tick(): void {
    for (const level of this.#server.levels) level.tick()
  }

  /** Forgets everything, as a server that is started anew. */
  flush(): void {
    this.#server.flush()
  }

  /** Loses the next `count` events on their way to the process of this id. */
  lose(id: string, count = 1): void {
    for (const level of this.#server.levels) if (level.id === id) level.lost += count
  }
}

class MemoryServer {
  readonly values = new Map<string, Stored>()
  readonly tags = new Map<string, number>()
  readonly leases = new Map<string, Held>()
  readonly levels = new Set<MemoryLevel>()
  readonly calls = new Map<string, number>()
  readonly clock: () => number
  readonly carry: (deliver: () => void, cargo: MemoryCargo) => void
  sequence = 0
  epoch = 1
  tokens = 0
  isDown = false

  constructor(clock: () => number, carry: (deliver: () => void, cargo: MemoryCargo) => void) {
    this.clock = clock
    this.carry = carry
  }

  setDown(isDown: boolean): void {
    this.isDown = isDown
    for (const level of this.levels) level.connection(!isDown)
  }

  flush(): void {
    for (const map of [this.values, this.tags, this.leases]) map.clear()
    this.epoch += 1
    this.sequence = 0
    for (const level of this.levels) level.resync('epoch')
  }

  valid(key: string): SyncedEntry | undefined {
    const { entry, isTombstone } = this.values.get(key) ?? {}
    if (entry === undefined || isTombstone || this.clock() >= entry.expiresAtMs) return undefined
    return entry.tags.every(tag => (this.tags.get(tag) ?? -1) < entry.version) ? entry : undefined
  }

  seen(key: string): Seen {
    const stored = this.values.get(key)
    const isThere = stored !== undefined && this.clock() < stored.entry.expiresAtMs
    return new Seen(this.epoch, isThere ? stored.entry.version : 0, this.sequence)
  }

  /** Whether a key and the tags stand where they stood. */
  isUnmoved(key: string, seen: unknown, tags: readonly string[]): boolean {
    const now = this.seen(key)
    if (!(seen instanceof Seen) || seen.epoch !== now.epoch || seen.version !== now.version) return false
    return tags.every(tag => (this.tags.get(tag) ?? -1) <= seen.sequence)
  }

  entryOf(value: RemoteValue): SyncedEntry {
    const { codec, body, ttlMs, staleMs, tags } = value
    const freshUntilMs = this.clock() + (ttlMs ?? Number.POSITIVE_INFINITY)
    return { version: this.sequence + 1, codec, body, tags, freshUntilMs, expiresAtMs: freshUntilMs + staleMs }
  }

  store(key: string, value: RemoteValue, inlineBytes: number, sender: string): SyncedEntry {
    const entry = this.entryOf(value)
    this.values.set(key, { entry, isTombstone: false })
    this.leases.delete(key)
    const isInline = value.broadcast === 'value' && value.body.byteLength <= inlineBytes
    this.publish({ kind: 'set', key, entry, isInline }, sender)
    return entry
  }

  publish(change: Change, sender: string): number {
    this.sequence += 1
    const event = { change, sequence: this.sequence, sender }
    for (const level of this.levels) level.send(event)
    return this.sequence
  }
}

class MemoryLevel implements RemoteLevel {
  readonly id: string
  /** How many of the next events are lost. */
  lost = 0
  status: RemoteLevel['status'] = 'down'
  readonly #server: MemoryServer
  readonly #sink: RemoteSink
  readonly #settings: SyncedSettings
  #inbox: MemoryEvent[] = []
  /** The last event that was received. */
  #sequence = 0

  constructor(server: MemoryServer, sink: RemoteSink, settings: SyncedSettings) {
    this.#server = server
    this.#sink = sink
    this.#settings = settings
    this.id = settings.id
  }

  open(): Promise<void> {
    this.#server.levels.add(this)
    return this.#call('open', undefined, () => this.resync('open'))
  }

  read(
    keys: readonly string[],
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<readonly RemoteRead[]> {
    const { values } = this.#server
    return this.#call('read', options?.signal, () =>
      keys.map(key => {
        if ((values.get(key)?.entry.expiresAtMs ?? Number.POSITIVE_INFINITY) <= this.#server.clock()) values.delete(key)
        return { entry: this.#server.valid(key), seen: this.#server.seen(key) }
      }),
    )
  }

  write(values: readonly (readonly [string, RemoteValue])[]): Promise<readonly SyncedEntry[]> {
    const { inlineBytes } = this.#settings
    return this.#call('write', undefined, () =>
      values.map(([key, value]) => this.#server.store(key, value, inlineBytes, this.id)),
    )
  }

  fill(key: string, fill: RemoteFill): Promise<SyncedEntry | undefined> {
    return this.#call('fill', undefined, () => {
      const isHeld = fill.lease === undefined || this.#holds(fill.lease)
      if (!isHeld || !this.#server.isUnmoved(key, fill.seen, fill.tags)) return undefined
      return this.#server.store(key, fill, this.#settings.inlineBytes, this.id)
    })
  }

  delete(key: string): Promise<number> {
    return this.#call('delete', undefined, () => {
      const version = this.#server.publish({ kind: 'drop', key }, this.id)
      const untilMs = this.#server.clock() + this.#settings.tombstoneMs
      const nothing = {
        codec: 1,
        body: new Uint8Array(),
        tags: [],
        freshUntilMs: untilMs,
        expiresAtMs: untilMs,
      } as const
      this.#server.values.set(key, { entry: { ...nothing, version }, isTombstone: true })
      this.#server.leases.delete(key)
      return version
    })
  }

  invalidate(key: string): Promise<number> {
    return this.#call('invalidate', undefined, () => this.#server.publish({ kind: 'drop', key }, this.id))
  }

  deleteByTag(tag: string): Promise<void> {
    return this.#call('deleteByTag', undefined, () => {
      this.#server.tags.set(tag, this.#server.publish({ kind: 'tag', tag }, this.id))
    })
  }

  clear(): Promise<void> {
    return this.#call('clear', undefined, () => {
      this.#server.values.clear()
      this.#server.leases.clear()
      this.#server.epoch += 1
      this.#server.publish({ kind: 'clear' }, this.id)
    })
  }

  sweep(): Promise<number> {
    return this.#call('sweep', undefined, () => {
      const { values } = this.#server
      const dead = [...values].filter(([key, { isTombstone }]) => !isTombstone && this.#server.valid(key) === undefined)
      for (const [key] of dead) values.delete(key)
      return dead.length
    })
  }

  acquire(key: string, leaseMs: number): Promise<RemoteLease | undefined> {
    return this.#call('acquire', undefined, () => {
      const held = this.#server.leases.get(key)
      if (held !== undefined && this.#server.clock() < held.untilMs) return undefined
      this.#server.tokens += 1
      const token = String(this.#server.tokens)
      this.#server.leases.set(key, { token, untilMs: this.#server.clock() + leaseMs })
      return { key, token }
    })
  }

  renew(lease: RemoteLease, leaseMs: number): Promise<boolean> {
    return this.#call('renew', undefined, () => {
      if (!this.#holds(lease)) return false
      this.#server.leases.set(lease.key, { token: lease.token, untilMs: this.#server.clock() + leaseMs })
      return true
    })
  }

  release(lease: RemoteLease): Promise<void> {
    return this.#call('release', undefined, () => {
      if (this.#holds(lease)) this.#server.leases.delete(lease.key)
    })
  }

  async close(): Promise<void> {
    this.status = 'closed'
    this.#server.levels.delete(this)
    this.#inbox = []
  }

  /** The connection came or went. */
  connection(isUp: boolean): void {
    if (isUp) this.resync('reconnect')
    else {
      this.status = 'down'
      this.#inbox = []
      this.#sink.inStep(false)
    }
  }

  /** Drops all, and takes the state of now for the beginning. */
  resync(reason: 'open' | 'reconnect' | 'gap' | 'epoch'): void {
    if (this.#server.isDown) return
    this.#inbox = []
    this.#sequence = this.#server.sequence
    this.#sink.reset(reason)
    this.#sink.inStep(true)
    this.status = 'ready'
  }

  tick(): void {
    if (this.status === 'ready' && this.#sequence + this.#inbox.length !== this.#server.sequence) this.#miss()
  }

  send(event: MemoryEvent): void {
    if (this.status !== 'ready') return
    if (this.lost > 0) {
      this.lost -= 1
      return
    }
    this.#inbox.push(event)
    this.#server.carry(() => this.#receive(), 'event')
  }

  #receive(): void {
    const event = this.#inbox.shift()
    if (event === undefined) return
    const { change, sequence, sender } = event
    if (sequence !== this.#sequence + 1) {
      this.#miss()
      return
    }
    this.#sequence = sequence
    if (change.kind === 'clear') this.#sink.reset('clear')
    else if (change.kind === 'tag') this.#sink.dropTag(change.tag, sequence)
    else if (change.kind === 'set' && change.isInline) this.#sink.set(change.key, change.entry, sender)
    else this.#sink.drop(change.key, sequence)
  }

  #miss(): void {
    this.#sink.inStep(false)
    this.resync('gap')
  }

  // The work is done when the request arrives, and known when the reply does.
  #call<R>(name: string, signal: AbortSignal | undefined, work: () => R): Promise<R> {
    const { calls, carry } = this.#server
    calls.set(name, (calls.get(name) ?? 0) + 1)
    return new Promise((resolve, reject) => {
      const fail = (): void => reject(new CacheError('UNAVAILABLE', 'Cannot reach the server: found it down'))
      carry(() => {
        if (this.#server.isDown) {
          carry(fail, 'reply')
          return
        }
        const result = signal?.aborted ? undefined : { of: work() }
        carry(() => {
          if (this.#server.isDown || this.status === 'closed') fail()
          else if (result === undefined) reject(new CacheError('ABORTED', 'The call was aborted'))
          else resolve(result.of)
        }, 'reply')
      }, 'request')
    })
  }

  #holds({ key, token }: RemoteLease): boolean {
    const held = this.#server.leases.get(key)
    return held?.token === token && this.#server.clock() < held.untilMs
  }
}
